// Traces for ui.perfetto.dev: the protocol buffers of Perfetto's documented TracePacket, written field by field.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"

namespace crossweave {

using PerfettoTrack = Id<struct PerfettoTrackTag>;
/// A text that is written once and referred to by number afterwards.
using PerfettoText = Id<struct PerfettoTextTag>;

/// Tracks with slices or counters, in groups. Perfetto counts in whole nanoseconds: times are rounded down, which keeps
/// their order, and where one was no whole nanosecond the slice bears the exact one in picoseconds, as an argument
/// `begin_ps` or `end_ps`.
///
/// Slices of one track come in order, each ended before the next begins; tracks in any order. Files say nothing about
/// when and where they were written.
class PerfettoWriter {
 public:
  /// `out` must outlive the writer.
  explicit PerfettoWriter(std::ostream& out);
  PerfettoWriter(const PerfettoWriter&) = delete;
  PerfettoWriter& operator=(const PerfettoWriter&) = delete;

  enum class Kind { slices, bytes };
  /// A track, or a group of tracks; those of one group are shown in the order in which they are added.
  PerfettoTrack add_track(std::string_view name, std::optional<PerfettoTrack> group = std::nullopt,
                          Kind kind = Kind::slices);
  PerfettoText add_text(std::string_view text);

  struct Argument {
    PerfettoText name;
    std::uint64_t value{0};
  };
  /// An arrow leads from the slice at which a flow begins to that at which it ends, which comes later.
  struct Flows {
    std::vector<std::uint64_t> begin;
    std::vector<std::uint64_t> end;
  };
  void begin_slice(PerfettoTrack track, Duration at, PerfettoText name, const std::vector<Argument>& arguments = {},
                   const Flows& flows = {});
  void end_slice(PerfettoTrack track, Duration at);
  void count(PerfettoTrack track, Duration at, std::int64_t value);

 private:
  /// Texts are numbered apart for each use.
  struct Interned {
    std::string text;
    bool as_name{false};      ///< has been written as the name of slices
    bool as_argument{false};  ///< of arguments
  };

  void write_event(Duration at, std::string_view event, std::string_view interned);
  void write_packet(std::string_view packet);
  [[nodiscard]] std::string argument(PerfettoText name, std::uint64_t value, std::string& interned);

  std::ostream& out_;
  std::uint64_t tracks_{0};
  std::vector<Interned> texts_;
  std::unordered_map<std::string, std::uint32_t> text_index_;
  PerfettoText begin_ps_;
  PerfettoText end_ps_;
  bool started_{false};
};

}  // namespace crossweave
