#include "frontend/record/perfetto_writer.h"

namespace crossweave {
namespace {

// The numbers of fields and enumerators, from protos/perfetto/trace of github.com/google/perfetto (trace_packet.proto,
// interned_data/, track_event/).
namespace trace {
constexpr int kPacket = 1;
}
namespace trace_packet {
constexpr int kTimestamp = 8;
constexpr int kTrustedPacketSequenceId = 10;
constexpr int kTrackEvent = 11;
constexpr int kInternedData = 12;
constexpr int kSequenceFlags = 13;
constexpr int kTrackDescriptor = 60;
constexpr std::uint64_t kIncrementalStateCleared = 1;
constexpr std::uint64_t kNeedsIncrementalState = 2;
}  // namespace trace_packet
namespace interned_data {
constexpr int kEventNames = 2;
constexpr int kDebugAnnotationNames = 3;
constexpr int kIid = 1;
constexpr int kName = 2;
}  // namespace interned_data
namespace track_descriptor {
constexpr int kUuid = 1;
constexpr int kName = 2;
constexpr int kParentUuid = 5;
constexpr int kCounter = 8;
constexpr int kChildOrdering = 11;
constexpr int kSiblingOrderRank = 12;
constexpr std::uint64_t kExplicit = 3;
constexpr int kCounterUnit = 3;  // of CounterDescriptor
constexpr std::uint64_t kUnitSizeBytes = 3;
}  // namespace track_descriptor
namespace track_event {
constexpr int kDebugAnnotations = 4;
constexpr int kType = 9;
constexpr int kNameIid = 10;
constexpr int kTrackUuid = 11;
constexpr int kCounterValue = 30;
constexpr int kFlowIds = 47;
constexpr int kTerminatingFlowIds = 48;
constexpr std::uint64_t kSliceBegin = 1;
constexpr std::uint64_t kSliceEnd = 2;
constexpr std::uint64_t kCounter = 4;
constexpr int kAnnotationNameIid = 1;    // of DebugAnnotation
constexpr int kAnnotationUintValue = 3;  // of DebugAnnotation
}  // namespace track_event

constexpr std::int64_t kPicosecondsPerNanosecond = 1000;

/// The wire format of protocol buffers, as far as it is needed.
void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) {
    out += static_cast<char>(value | 0x80U);
  }
  out += static_cast<char>(value);
}

enum class Wire { varint = 0, fixed64 = 1, bytes = 2 };

void put_tag(std::string& out, int field, Wire wire) {
  put_varint(out, static_cast<std::uint64_t>(field) << 3U | static_cast<std::uint64_t>(wire));
}

void put(std::string& out, int field, std::uint64_t value) {
  put_tag(out, field, Wire::varint);
  put_varint(out, value);
}

void put(std::string& out, int field, std::string_view value) {
  put_tag(out, field, Wire::bytes);
  put_varint(out, value.size());
  out += value;
}

void put_fixed(std::string& out, int field, std::uint64_t value) {
  put_tag(out, field, Wire::fixed64);
  for (int byte = 0; byte < 8; ++byte) {
    out += static_cast<char>(value >> (8 * byte));
  }
}

bool is_whole(Duration at) { return at.count_ps() % kPicosecondsPerNanosecond == 0; }

std::string named(std::uint64_t iid, std::string_view text) {
  std::string name;
  put(name, interned_data::kIid, iid);
  put(name, interned_data::kName, text);
  return name;
}

}  // namespace

PerfettoWriter::PerfettoWriter(std::ostream& out)
    : out_{out}, begin_ps_{add_text("begin_ps")}, end_ps_{add_text("end_ps")} {}

PerfettoTrack PerfettoWriter::add_track(std::string_view name, std::optional<PerfettoTrack> group, Kind kind) {
  const std::uint64_t uuid = ++tracks_;
  std::string track;
  put(track, track_descriptor::kUuid, uuid);
  put(track, track_descriptor::kName, name);
  if (group) {
    put(track, track_descriptor::kParentUuid, group->value());
  }
  if (kind == Kind::bytes) {
    std::string counter;
    put(counter, track_descriptor::kCounterUnit, track_descriptor::kUnitSizeBytes);
    put(track, track_descriptor::kCounter, counter);
  }
  put(track, track_descriptor::kChildOrdering, track_descriptor::kExplicit);
  put(track, track_descriptor::kSiblingOrderRank, uuid);
  std::string packet;
  put(packet, trace_packet::kTrustedPacketSequenceId, 1);
  put(packet, trace_packet::kTrackDescriptor, track);
  write_packet(packet);
  return PerfettoTrack{uuid};
}

PerfettoText PerfettoWriter::add_text(std::string_view text) {
  const auto [found, is_new] = text_index_.try_emplace(std::string{text}, static_cast<std::uint32_t>(texts_.size()));
  if (is_new) {
    texts_.push_back({std::string{text}});
  }
  return PerfettoText{found->second};
}

std::string PerfettoWriter::argument(PerfettoText name, std::uint64_t value, std::string& interned) {
  const std::uint64_t iid = std::uint64_t{name.value()} + 1;
  if (Interned& text = texts_[name.value()]; !text.as_argument) {
    text.as_argument = true;
    put(interned, interned_data::kDebugAnnotationNames, named(iid, text.text));
  }
  std::string annotation;
  put(annotation, track_event::kAnnotationNameIid, iid);
  put(annotation, track_event::kAnnotationUintValue, value);
  return annotation;
}

void PerfettoWriter::begin_slice(PerfettoTrack track, Duration at, PerfettoText name,
                                 const std::vector<Argument>& arguments, const Flows& flows) {
  std::string interned;
  const std::uint64_t iid = std::uint64_t{name.value()} + 1;
  if (Interned& text = texts_[name.value()]; !text.as_name) {
    text.as_name = true;
    put(interned, interned_data::kEventNames, named(iid, text.text));
  }
  std::string event;
  put(event, track_event::kType, track_event::kSliceBegin);
  put(event, track_event::kTrackUuid, track.value());
  put(event, track_event::kNameIid, iid);
  for (const Argument& one : arguments) {
    put(event, track_event::kDebugAnnotations, argument(one.name, one.value, interned));
  }
  if (!is_whole(at)) {
    put(event, track_event::kDebugAnnotations,
        argument(begin_ps_, static_cast<std::uint64_t>(at.count_ps()), interned));
  }
  for (const std::uint64_t flow : flows.begin) {
    put_fixed(event, track_event::kFlowIds, flow);
  }
  for (const std::uint64_t flow : flows.end) {
    put_fixed(event, track_event::kTerminatingFlowIds, flow);
  }
  write_event(at, event, interned);
}

void PerfettoWriter::end_slice(PerfettoTrack track, Duration at) {
  std::string interned;
  std::string event;
  put(event, track_event::kType, track_event::kSliceEnd);
  put(event, track_event::kTrackUuid, track.value());
  if (!is_whole(at)) {
    put(event, track_event::kDebugAnnotations, argument(end_ps_, static_cast<std::uint64_t>(at.count_ps()), interned));
  }
  write_event(at, event, interned);
}

void PerfettoWriter::count(PerfettoTrack track, Duration at, std::int64_t value) {
  std::string event;
  put(event, track_event::kType, track_event::kCounter);
  put(event, track_event::kTrackUuid, track.value());
  put(event, track_event::kCounterValue, static_cast<std::uint64_t>(value));
  write_event(at, event, {});
}

void PerfettoWriter::write_event(Duration at, std::string_view event, std::string_view interned) {
  std::string packet;
  put(packet, trace_packet::kTimestamp, static_cast<std::uint64_t>(at.count_ps() / kPicosecondsPerNanosecond));
  put(packet, trace_packet::kTrustedPacketSequenceId, 1);
  put(packet, trace_packet::kTrackEvent, event);
  if (!interned.empty()) {
    put(packet, trace_packet::kInternedData, interned);
  }
  put(packet, trace_packet::kSequenceFlags,
      started_ ? trace_packet::kNeedsIncrementalState
               : trace_packet::kIncrementalStateCleared | trace_packet::kNeedsIncrementalState);
  started_ = true;
  write_packet(packet);
}

void PerfettoWriter::write_packet(std::string_view packet) {
  std::string framed;
  put(framed, trace::kPacket, packet);
  out_.write(framed.data(), static_cast<std::streamsize>(framed.size()));
}

}  // namespace crossweave
