// What the crossbars and buffers of a run did over time, as a VCD.
#pragma once

#include <ostream>

#include "arch/ids.h"
#include "arch/units.h"
#include "frontend/record/vcd_writer.h"
#include "models/events.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// Scopes chip.tile_T with `input_buffer_level` and `output_buffer_level` in bytes, and below them pe_K, the PEs of the
/// tile in order, with `busy`, and while busy `layer` (the index of the base layer), `layer_name` and `set` (its raster
/// index). A comment in the header lists the base layers.
class WaveformRecorder {
 public:
  /// `out` must outlive the recorder, `plan` need not.
  WaveformRecorder(const ExecutionPlan& plan, std::ostream& out);

  void on(const MvmStarted& event);
  void on(const MvmFinished& event);
  void on(const BufferLevel& event);

  /// Ends the file at `end`, the end of the run. Call once.
  void finish(Duration end) { vcd_.finish(end); }
  /// False once something could not be written; certain after finish() only.
  [[nodiscard]] bool ok() const { return vcd_.ok(); }

 private:
  struct PeVariables {
    VcdVariable busy;
    VcdVariable layer;
    VcdTextVariable layer_name;
    VcdVariable set;
  };
  struct TileVariables {
    VcdVariable input_buffer_level;
    VcdVariable output_buffer_level;
  };

  void name_layers(const ExecutionPlan& plan);
  void set_idle(Duration at, const PeVariables& pe);

  VcdWriter vcd_;
  IdVector<LayerId, VcdText> layer_names_;
  IdVector<TileId, TileVariables> tiles_;
  IdVector<PeId, PeVariables> pes_;
};

}  // namespace crossweave
