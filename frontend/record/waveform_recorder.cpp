#include "frontend/record/waveform_recorder.h"

#include <string>
#include <vector>

namespace crossweave {

WaveformRecorder::WaveformRecorder(const ExecutionPlan& plan, std::ostream& out)
    : vcd_{out}, tiles_(plan.tile_count()), pes_(plan.placement.tile_of.size()) {
  name_layers(plan);
  IdVector<TileId, std::vector<PeId>> pes_of(plan.tile_count());
  for (const PeId pe : ids(plan.placement.tile_of)) {
    pes_of[plan.placement.tile_of[pe]].push_back(pe);
  }
  vcd_.open_scope("chip");
  for (const TileId tile : ids(pes_of)) {
    vcd_.open_scope("tile_" + std::to_string(tile.value()));
    tiles_[tile] = {vcd_.add_integer("input_buffer_level"), vcd_.add_integer("output_buffer_level")};
    for (std::size_t number = 0; number < pes_of[tile].size(); ++number) {
      vcd_.open_scope("pe_" + std::to_string(number));
      pes_[pes_of[tile][number]] = {vcd_.add_wire("busy", 1), vcd_.add_integer("layer"),
                                    vcd_.add_text_variable("layer_name"), vcd_.add_integer("set")};
      vcd_.close_scope();
    }
    vcd_.close_scope();
  }
  vcd_.close_scope();
  for (const TileVariables& tile : tiles_) {
    vcd_.change(Duration{}, tile.input_buffer_level, 0);
    vcd_.change(Duration{}, tile.output_buffer_level, 0);
  }
  for (const PeVariables& pe : pes_) {
    set_idle(Duration{}, pe);
  }
}

void WaveformRecorder::name_layers(const ExecutionPlan& plan) {
  layer_names_.resize(plan.placement.pes.size());
  std::string table = "layer: base layer";
  for (const Station& station : plan.stations) {
    if (station.layer) {
      layer_names_[*station.layer] = vcd_.add_text(station.name);
      table += "\n" + std::to_string(station.layer->value()) + ": " + station.name;
    }
  }
  vcd_.comment(table);
}

void WaveformRecorder::on(const MvmStarted& event) {
  const PeVariables& pe = pes_[event.pe];
  vcd_.change(event.at, pe.busy, 1);
  vcd_.change(event.at, pe.layer, event.layer.value());
  vcd_.change(event.at, pe.layer_name, layer_names_[event.layer]);
  vcd_.change(event.at, pe.set, event.set.value());
}

void WaveformRecorder::on(const MvmFinished& event) { set_idle(event.at, pes_[event.pe]); }

void WaveformRecorder::on(const BufferLevel& event) {
  const TileVariables& tile = tiles_[event.tile];
  vcd_.change(event.at, event.which == BufferLevel::Which::input ? tile.input_buffer_level : tile.output_buffer_level,
              static_cast<std::uint64_t>(event.level.count()));
}

void WaveformRecorder::set_idle(Duration at, const PeVariables& pe) {
  vcd_.change(at, pe.busy, 0);
  vcd_.release(at, pe.layer);
  vcd_.release(at, pe.layer_name);
  vcd_.release(at, pe.set);
}

}  // namespace crossweave
