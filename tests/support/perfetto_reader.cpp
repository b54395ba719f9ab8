#include "tests/support/perfetto_reader.h"

#include <memory>
#include <stdexcept>
#include <utility>

#include <google/protobuf/unknown_field_set.h>

namespace crossweave::test {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

std::unique_ptr<UnknownFieldSet> parse(const std::string& bytes) {
  auto fields = std::make_unique<UnknownFieldSet>();
  if (!fields->ParseFromString(bytes)) {
    throw std::runtime_error{"not a message of protocol buffers"};
  }
  return fields;
}

std::vector<const UnknownField*> all(const UnknownFieldSet& fields, int number) {
  std::vector<const UnknownField*> found;
  for (int i = 0; i < fields.field_count(); ++i) {
    if (fields.field(i).number() == number) {
      found.push_back(&fields.field(i));
    }
  }
  return found;
}

std::optional<std::uint64_t> number_of(const UnknownFieldSet& fields, int number) {
  const auto found = all(fields, number);
  if (found.empty()) {
    return std::nullopt;
  }
  return found.back()->varint();
}

std::optional<std::string> text_of(const UnknownFieldSet& fields, int number) {
  const auto found = all(fields, number);
  if (found.empty()) {
    return std::nullopt;
  }
  return found.back()->length_delimited();
}

using Names = std::map<std::uint64_t, std::string>;

void add_names(const UnknownFieldSet& interned, int number, Names& names) {
  for (const UnknownField* entry : all(interned, number)) {
    const auto parsed = parse(entry->length_delimited());
    const UnknownFieldSet& name = *parsed;
    if (!names.emplace(number_of(name, 1).value(), text_of(name, 2).value()).second) {
      throw std::runtime_error{"a name is interned twice"};
    }
  }
}

class Reader {
 public:
  void take_packet(const UnknownFieldSet& packet) {
    if (const auto descriptor = text_of(packet, 60)) {  // TracePacket.track_descriptor
      take_track(*parse(*descriptor));
    }
    if (number_of(packet, 10) != 1) {  // trusted_packet_sequence_id
      throw std::runtime_error{"a packet of another sequence"};
    }
    const auto event = text_of(packet, 11);  // track_event
    if (!event) {
      return;
    }
    const std::uint64_t flags = number_of(packet, 13).value();  // sequence_flags
    if (flags != (first_event_ ? 3U : 2U)) {
      throw std::runtime_error{"interned names are valid from the first event on"};
    }
    first_event_ = false;
    if (const auto interned = text_of(packet, 12)) {  // interned_data
      add_names(*parse(*interned), 2, event_names_);
      add_names(*parse(*interned), 3, argument_names_);
    }
    take_event(*parse(*event), number_of(packet, 8).value());  // timestamp
  }

  std::map<std::uint64_t, PerfettoTrackRead> tracks;

 private:
  void take_track(const UnknownFieldSet& descriptor) {
    PerfettoTrackRead track;
    track.name = text_of(descriptor, 2).value();
    track.parent = number_of(descriptor, 5);
    if (track.parent && !tracks.contains(*track.parent)) {
      throw std::runtime_error{"a track whose parent is not known"};
    }
    track.counter = text_of(descriptor, 8).has_value();
    if (number_of(descriptor, 11) != 3 || !number_of(descriptor, 12)) {  // child_ordering EXPLICIT, sibling_order_rank
      throw std::runtime_error{"a track without a place among its siblings"};
    }
    if (!tracks.emplace(number_of(descriptor, 1).value(), track).second) {
      throw std::runtime_error{"two tracks of one id"};
    }
  }

  void take_event(const UnknownFieldSet& event, std::uint64_t timestamp) {
    PerfettoTrackRead& track = tracks.at(number_of(event, 11).value());
    const std::uint64_t type = number_of(event, 9).value();
    if (track.counter != (type == 4)) {
      throw std::runtime_error{"counters count, and no other track does"};
    }
    if (type == 4) {
      track.counts.emplace_back(timestamp, static_cast<std::int64_t>(number_of(event, 30).value()));
      return;
    }
    if (type == 1) {
      PerfettoSlice slice;
      slice.begin_ns = timestamp;
      slice.name = event_names_.at(number_of(event, 10).value());
      for (const UnknownField* flow : all(event, 47)) {
        slice.flows.push_back(flow->fixed64());
      }
      for (const UnknownField* flow : all(event, 48)) {
        slice.terminating_flows.push_back(flow->fixed64());
      }
      track.slices.push_back(slice);
    } else if (type == 2) {
      if (track.slices.empty() || track.slices.back().end_ns) {
        throw std::runtime_error{"a slice ends that has not begun"};
      }
      track.slices.back().end_ns = timestamp;
    } else {
      throw std::runtime_error{"an unknown type of event"};
    }
    for (const UnknownField* annotation : all(event, 4)) {
      const auto parsed = parse(annotation->length_delimited());
      const UnknownFieldSet& fields = *parsed;
      track.slices.back().arguments[argument_names_.at(number_of(fields, 1).value())] = number_of(fields, 3).value();
    }
  }

  Names event_names_;
  Names argument_names_;
  bool first_event_{true};
};

std::int64_t exact(const PerfettoSlice& slice, const char* name, std::uint64_t nanoseconds) {
  const auto found = slice.arguments.find(name);
  const auto whole = static_cast<std::int64_t>(nanoseconds) * 1000;
  if (found == slice.arguments.end()) {
    return whole;
  }
  const auto picoseconds = static_cast<std::int64_t>(found->second);
  if (picoseconds <= whole || picoseconds >= whole + 1000) {
    throw std::runtime_error{"an exact time that is not within its nanosecond"};
  }
  return picoseconds;
}

}  // namespace

std::int64_t PerfettoSlice::begin_ps() const { return exact(*this, "begin_ps", begin_ns); }
std::int64_t PerfettoSlice::end_ps() const { return exact(*this, "end_ps", end_ns.value()); }

std::map<std::uint64_t, PerfettoTrackRead> read_perfetto_trace(const std::string& bytes) {
  Reader reader;
  const auto parsed = parse(bytes);
  const UnknownFieldSet& trace = *parsed;
  for (int i = 0; i < trace.field_count(); ++i) {
    if (trace.field(i).number() != 1) {
      throw std::runtime_error{"a trace consists of packets"};
    }
    reader.take_packet(*parse(trace.field(i).length_delimited()));
  }
  return std::move(reader.tracks);
}

}  // namespace crossweave::test
