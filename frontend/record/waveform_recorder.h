// What the parts of a chip did over time, as a VCD.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <ostream>
#include <regex>
#include <string>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "frontend/record/link_index.h"
#include "frontend/record/stall_recorder.h"
#include "frontend/record/vcd_writer.h"
#include "models/events.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// Which part of a run a waveform shows.
struct WaveformExtent {
  Duration begin;
  std::optional<Duration> end;  ///< unless that of the run
  /// Scopes below `chip` whose whole path it matches: "tile3", "tile3.pe0", "tile3.gpeu", "noc.router1_0". All without.
  std::optional<std::regex> scope;
};

/// Scopes follow the chip: chip.tileT with `input_buffer_level` and `output_buffer_level` in bytes, below them peK, the
/// PEs of the tile in order, and gpeu; chip.noc.routerX_Y with its channels. docs/outputs.md lists the variables.
///
/// What PEs wait for is known only when they wait no longer, so changes are kept, 24 bytes each, until the run is over.
class WaveformRecorder {
 public:
  /// `plan` must outlive the recorder.
  WaveformRecorder(const ExecutionPlan& plan, WaveformExtent extent);

  void on(const MvmStarted& event);
  void on(const MvmFinished& event);
  void on(const BufferLevel& event);
  void on(const GpeuOperation& event);
  void on(const LinkCrossed& event);

  /// Some scope is shown.
  [[nodiscard]] bool shows_anything() const;
  /// Writes the waveform of a run that ended at `end`, and completed with that latency, if it did.
  void write(std::ostream& out, Duration end, const StallRecorder& stalls, std::optional<Duration> latency);
  /// A save file of GTKWave for what has been written into `file` beside it: groups, formats and heights.
  [[nodiscard]] std::string gtkwave_save_file(const std::string& file) const;

 private:
  enum class Kind : std::uint8_t {
    pe_starts,
    pe_goes_on,  ///< with another set
    pe_finishes,
    input_level,
    output_level,
    gpeu_starts,
    gpeu_finishes,
    link_taken,
    link_free,
    state
  };
  struct Change {
    Duration at;
    std::uint64_t value{0};    ///< a level, a state, when a link is free again, or a set beside what it belongs to
    std::uint32_t subject{0};  ///< a PE, a tile, a link, or PEs that are in the same state
    Kind kind{Kind::pe_starts};
  };
  /// The last change of something: what comes at the same instant takes its place.
  struct LastChange {
    Duration at;
    Change* change{nullptr};  ///< in in_order_
  };
  struct Watched {
    bool is_shown{false};
    LastChange last;
  };
  struct PeVariables {
    VcdVariable busy;
    VcdTextVariable state;
    VcdTextVariable layer_name;
    VcdVariable layer;
    VcdVariable set;
    VcdVariable image;
    std::uint32_t layer_number{0};
    VcdText layer_text;
  };
  struct GpeuVariables {
    VcdVariable busy;
    VcdTextVariable operation;
    VcdVariable set;
  };
  struct TileVariables {
    VcdVariable input_buffer_level;
    VcdVariable output_buffer_level;
    GpeuVariables gpeu;
  };
  /// Variables of one scope, for the save file.
  struct Shown {
    std::string path;
    std::vector<std::string> levels;
    std::vector<std::string> texts;
    std::vector<std::string> bits;
  };

  [[nodiscard]] std::string scope_of(PeId pe) const;
  [[nodiscard]] bool shows(const std::string& path) const;
  /// The pointer stays good.
  Change* log(const Change& change);
  [[nodiscard]] std::string layer_table() const;
  void declare(VcdWriter& vcd);
  void declare_tile(VcdWriter& vcd, TileId tile);
  void declare_network(VcdWriter& vcd);
  void rest(VcdWriter& vcd) const;
  void add_states(const StallRecorder& stalls, std::optional<Duration> latency);
  void apply(VcdWriter& vcd, const Change& change) const;

  const ExecutionPlan& plan_;
  WaveformExtent extent_;
  IdVector<TileId, std::vector<PeId>> pes_of_;
  IdVector<PeId, bool> shows_pe_;
  IdVector<TileId, bool> shows_tile_;
  IdVector<TileId, bool> shows_gpeu_;
  IdVector<TileId, bool> gpeu_works_;
  LinkIndex links_;
  std::vector<Watched> link_list_;  ///< as in links_; `last.at` is when a link is free again
  std::deque<Change> in_order_;     ///< as they happened
  IdVector<PeId, LastChange> last_finish_;
  IdVector<TileId, std::array<Watched, 2>> levels_;  ///< by BufferLevel::Which
  std::vector<std::vector<PeId>> alike_;             ///< PEs that are always in the same state
  std::vector<Change> others_;                       ///< known after they happened

  // Of the file.
  IdVector<PeId, PeVariables> pes_;
  IdVector<TileId, TileVariables> tiles_;
  std::vector<VcdVariable> link_taken_;
  IdVector<StationId, VcdText> station_names_;
  std::vector<VcdText> state_names_;
  std::vector<Shown> shown_;
};

}  // namespace crossweave
