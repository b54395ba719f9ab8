#include "frontend/record/waveform_recorder.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <string>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "frontend/record/port_name.h"

namespace crossweave {
namespace {

std::string tile_scope(TileId tile) { return "tile" + std::to_string(tile.value()); }

std::string router_scope(MeshPosition at) { return "router" + std::to_string(at.x) + "_" + std::to_string(at.y); }

/// A set, and the number of its image or station.
std::uint64_t set_beside(SetId set, std::uint32_t number) { return std::uint64_t{number} << 32U | set.value(); }
std::uint64_t set_in(std::uint64_t value) { return value & UINT32_MAX; }
std::uint32_t number_in(std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32U); }

}  // namespace

WaveformRecorder::WaveformRecorder(const ExecutionPlan& plan, WaveformExtent extent)
    : plan_{plan},
      extent_{std::move(extent)},
      pes_of_(plan.tile_count()),
      shows_pe_(plan.placement.tile_of.size(), false),
      shows_tile_(plan.tile_count(), false),
      shows_gpeu_(plan.tile_count(), false),
      gpeu_works_(plan.tile_count(), false),
      last_finish_(plan.placement.tile_of.size()),
      levels_(plan.tile_count()) {
  for (const PeId pe : ids(plan.placement.tile_of)) {
    pes_of_[plan.placement.tile_of[pe]].push_back(pe);
    shows_pe_[pe] = shows(scope_of(pe));
  }
  for (const TileId tile : ids(shows_tile_)) {
    shows_tile_[tile] = shows(tile_scope(tile));
    shows_gpeu_[tile] = shows(tile_scope(tile) + ".gpeu");
    for (Watched& buffer : levels_[tile]) {
      buffer.is_shown = shows_tile_[tile];
    }
  }
}

std::string WaveformRecorder::scope_of(PeId pe) const {
  const TileId tile = plan_.placement.tile_of[pe];
  const auto number = std::ranges::find(pes_of_[tile], pe) - pes_of_[tile].begin();
  return tile_scope(tile) + ".pe" + std::to_string(number);
}

bool WaveformRecorder::shows(const std::string& path) const {
  return !extent_.scope || std::regex_match(path, *extent_.scope);
}

bool WaveformRecorder::shows_anything() const {
  const auto any = [](const auto& flags) { return std::ranges::find(flags, true) != flags.end(); };
  if (any(shows_pe_) || any(shows_tile_) || any(shows_gpeu_)) {
    return true;
  }
  for (int y = 0; y < plan_.placement.mesh_rows; ++y) {
    for (int x = 0; x < plan_.placement.mesh_columns; ++x) {
      if (shows("noc." + router_scope({x, y}))) {
        return true;
      }
    }
  }
  return false;
}

// --- events ---

WaveformRecorder::Change* WaveformRecorder::log(const Change& change) {
  in_order_.push_back(change);
  return &in_order_.back();
}

void WaveformRecorder::on(const MvmStarted& event) {
  if (!shows_pe_[event.pe]) {
    return;
  }
  const std::uint64_t value = set_beside(event.set, event.image);
  if (const LastChange& last = last_finish_[event.pe]; last.change != nullptr && last.at == event.at) {
    *last.change = {event.at, value, event.pe.value(), Kind::pe_goes_on};
    return;
  }
  in_order_.push_back({event.at, value, event.pe.value(), Kind::pe_starts});
}

void WaveformRecorder::on(const MvmFinished& event) {
  if (shows_pe_[event.pe]) {
    last_finish_[event.pe] = {event.at, log({event.at, 0, event.pe.value(), Kind::pe_finishes})};
  }
}

void WaveformRecorder::on(const BufferLevel& event) {
  Watched& buffer = levels_[event.tile][static_cast<std::size_t>(event.which)];
  if (!buffer.is_shown) {
    return;
  }
  const auto level = static_cast<std::uint64_t>(event.level.count());
  if (buffer.last.change != nullptr && buffer.last.at == event.at) {
    buffer.last.change->value = level;
    return;
  }
  const Kind kind = event.which == BufferLevel::Which::input ? Kind::input_level : Kind::output_level;
  buffer.last = {event.at, log({event.at, level, event.tile.value(), kind})};
}

void WaveformRecorder::on(const GpeuOperation& event) {
  if (shows_gpeu_[event.tile] && event.at > event.begin) {
    gpeu_works_[event.tile] = true;
    others_.push_back(
        {event.begin, set_beside(event.set, event.station.value()), event.tile.value(), Kind::gpeu_starts});
    others_.push_back({event.at, 0, event.tile.value(), Kind::gpeu_finishes});
  }
}

void WaveformRecorder::on(const LinkCrossed& event) {
  if (event.end == event.begin) {
    return;
  }
  const std::size_t number = links_.number_of({event.router, event.port});
  if (number == link_list_.size()) {
    link_list_.push_back({shows("noc." + router_scope(event.router)), {}});
  }
  Watched& link = link_list_[number];
  if (!link.is_shown) {
    return;
  }
  const auto free_again = static_cast<std::uint64_t>(event.end.count_ps());
  if (link.last.change != nullptr && link.last.at == event.begin) {
    link.last.change->value = free_again;
  } else {
    link.last.change = log({event.begin, free_again, static_cast<std::uint32_t>(number), Kind::link_taken});
  }
  link.last.at = event.end;
}

void WaveformRecorder::add_states(const StallRecorder& stalls, std::optional<Duration> latency) {
  // Groups of the stall recorder stand in the order of stations, duplicates and parts.
  IdVector<PeId, bool> has_weights(shows_pe_.size(), false);
  for (const Station& station : plan_.stations) {
    for (const StationDuplicate& duplicate : station.duplicates) {
      for (std::size_t i = 0; station.layer && i < duplicate.parts.size(); ++i) {
        alike_.emplace_back();
        for (const PeId pe : duplicate.parts[i].pes) {
          has_weights[pe] = true;
          if (shows_pe_[pe]) {
            alike_.back().push_back(pe);
          }
        }
      }
    }
  }
  const auto add = [this](std::size_t group, PeState state, Duration begin) {
    others_.push_back({begin, static_cast<std::uint64_t>(state), static_cast<std::uint32_t>(group), Kind::state});
  };
  std::vector<std::optional<PeState>> now(alike_.size());
  stalls.for_each_state(latency, [&](std::size_t group, PeState state, Duration begin, Duration /*end*/) {
    if (!alike_[group].empty() && now[group] != state) {
      now[group] = state;
      add(group, state, begin);
    }
  });
  add(alike_.size(), PeState::unused, Duration{});
  alike_.emplace_back();
  for (const PeId pe : ids(has_weights)) {
    if (!has_weights[pe] && shows_pe_[pe]) {
      alike_.back().push_back(pe);
    }
  }
}

// --- the file ---

std::string WaveformRecorder::layer_table() const {
  std::string table = "layer: base layer";
  for (const Station& station : plan_.stations) {
    if (station.layer) {
      table += "\n" + std::to_string(station.layer->value()) + ": " + station.name;
    }
  }
  return table;
}

void WaveformRecorder::declare(VcdWriter& vcd) {
  vcd.comment(layer_table());
  station_names_.resize(plan_.stations.size());
  for (const StationId station : ids(plan_.stations)) {
    station_names_[station] = vcd.add_text(plan_.stations[station].name);
  }
  for (const std::string_view state : kPeStateNames) {
    state_names_.push_back(vcd.add_text(state));
  }
  tiles_.resize(plan_.tile_count());
  pes_.resize(shows_pe_.size());
  link_taken_.resize(links_.places().size());
  for (const Station& station : plan_.stations) {
    for (const StationDuplicate& duplicate : station.duplicates) {
      for (const StationPart& part : duplicate.parts) {
        for (const PeId pe : part.pes) {
          pes_[pe].layer_number = station.layer->value();
          pes_[pe].layer_text = vcd.add_text(station.name);
        }
      }
    }
  }
  vcd.open_scope("chip");
  for (const TileId tile : ids(tiles_)) {
    declare_tile(vcd, tile);
  }
  declare_network(vcd);
  vcd.close_scope();
}

void WaveformRecorder::declare_tile(VcdWriter& vcd, TileId tile) {
  const std::string scope = tile_scope(tile);
  const bool with_gpeu = shows_gpeu_[tile] && gpeu_works_[tile];
  const bool with_pes = std::ranges::any_of(pes_of_[tile], [this](PeId pe) { return shows_pe_[pe]; });
  if (!shows_tile_[tile] && !with_gpeu && !with_pes) {
    return;
  }
  vcd.open_scope(scope);
  if (shows_tile_[tile]) {
    tiles_[tile].input_buffer_level = vcd.add_integer("input_buffer_level");
    tiles_[tile].output_buffer_level = vcd.add_integer("output_buffer_level");
    shown_.push_back({scope, {"input_buffer_level", "output_buffer_level"}, {}, {}});
  }
  for (std::size_t number = 0; number < pes_of_[tile].size(); ++number) {
    const PeId pe = pes_of_[tile][number];
    if (!shows_pe_[pe]) {
      continue;
    }
    const std::string name = "pe" + std::to_string(number);
    vcd.open_scope(name);
    PeVariables& variables = pes_[pe];
    variables.busy = vcd.add_wire("busy", 1);
    variables.state = vcd.add_text_variable("state");
    variables.layer = vcd.add_integer("layer");
    variables.layer_name = vcd.add_text_variable("layer_name");
    variables.set = vcd.add_integer("set");
    if (plan_.images > 1) {
      variables.image = vcd.add_integer("image");
    }
    vcd.close_scope();
    shown_.push_back({fmt::format("{}.{}", scope, name), {}, {"layer_name", "state"}, {}});
  }
  if (with_gpeu) {
    vcd.open_scope("gpeu");
    tiles_[tile].gpeu = {vcd.add_wire("busy", 1), vcd.add_text_variable("operation"), vcd.add_integer("set")};
    vcd.close_scope();
    shown_.push_back({scope + ".gpeu", {}, {"operation"}, {}});
  }
  vcd.close_scope();
}

void WaveformRecorder::declare_network(VcdWriter& vcd) {
  std::optional<MeshPosition> open;
  for (const std::size_t number : links_.in_order()) {
    if (!link_list_[number].is_shown) {
      continue;
    }
    const LinkPlace& place = links_.places()[number];
    if (!open) {
      vcd.open_scope("noc");
    }
    if (open != place.router) {
      if (open) {
        vcd.close_scope();
      }
      vcd.open_scope(router_scope(place.router));
      shown_.push_back({"noc." + router_scope(place.router), {}, {}, {}});
      open = place.router;
    }
    link_taken_[number] = vcd.add_wire(port_name(place.port), 1);
    shown_.back().bits.push_back(port_name(place.port));
  }
  if (open) {
    vcd.close_scope();
    vcd.close_scope();
  }
}

/// How everything is before anything happens.
void WaveformRecorder::rest(VcdWriter& vcd) const {
  for (const TileId tile : ids(tiles_)) {
    if (shows_tile_[tile]) {
      apply(vcd, {{}, 0, tile.value(), Kind::input_level});
      apply(vcd, {{}, 0, tile.value(), Kind::output_level});
    }
    if (shows_gpeu_[tile] && gpeu_works_[tile]) {
      apply(vcd, {{}, 0, tile.value(), Kind::gpeu_finishes});
    }
  }
  for (const PeId pe : ids(shows_pe_)) {
    if (shows_pe_[pe]) {
      apply(vcd, {{}, 0, pe.value(), Kind::pe_finishes});
    }
  }
  for (std::size_t link = 0; link < link_list_.size(); ++link) {
    if (link_list_[link].is_shown) {
      apply(vcd, {{}, 0, static_cast<std::uint32_t>(link), Kind::link_free});
    }
  }
}

void WaveformRecorder::apply(VcdWriter& vcd, const Change& change) const {
  const Duration at = std::max(change.at, extent_.begin);
  switch (change.kind) {
    case Kind::pe_goes_on: {
      const PeVariables& pe = pes_[PeId{change.subject}];
      vcd.change(at, pe.set, set_in(change.value));
      if (plan_.images > 1) {
        vcd.change(at, pe.image, number_in(change.value));
      }
      return;
    }
    case Kind::pe_starts: {
      const PeVariables& pe = pes_[PeId{change.subject}];
      vcd.change(at, pe.busy, 1);
      vcd.change(at, pe.layer, pe.layer_number);
      vcd.change(at, pe.layer_name, pe.layer_text);
      vcd.change(at, pe.set, set_in(change.value));
      if (plan_.images > 1) {
        vcd.change(at, pe.image, number_in(change.value));
      }
      return;
    }
    case Kind::pe_finishes: {
      const PeVariables& pe = pes_[PeId{change.subject}];
      vcd.change(at, pe.busy, 0);
      vcd.release(at, pe.layer);
      vcd.release(at, pe.layer_name);
      vcd.release(at, pe.set);
      if (plan_.images > 1) {
        vcd.release(at, pe.image);
      }
      return;
    }
    case Kind::state:
      for (const PeId pe : alike_[change.subject]) {
        vcd.change(at, pes_[pe].state, state_names_[change.value]);
      }
      return;
    case Kind::input_level:
      vcd.change(at, tiles_[TileId{change.subject}].input_buffer_level, change.value);
      return;
    case Kind::output_level:
      vcd.change(at, tiles_[TileId{change.subject}].output_buffer_level, change.value);
      return;
    case Kind::gpeu_starts: {
      const GpeuVariables& gpeu = tiles_[TileId{change.subject}].gpeu;
      vcd.change(at, gpeu.busy, 1);
      vcd.change(at, gpeu.operation, station_names_[StationId{number_in(change.value)}]);
      vcd.change(at, gpeu.set, set_in(change.value));
      return;
    }
    case Kind::gpeu_finishes: {
      const GpeuVariables& gpeu = tiles_[TileId{change.subject}].gpeu;
      vcd.change(at, gpeu.busy, 0);
      vcd.release(at, gpeu.operation);
      vcd.release(at, gpeu.set);
      return;
    }
    case Kind::link_taken:
      vcd.change(at, link_taken_[change.subject], 1);
      return;
    case Kind::link_free:
      vcd.change(at, link_taken_[change.subject], 0);
      return;
  }
}

void WaveformRecorder::write(std::ostream& out, Duration end, const StallRecorder& stalls,
                             std::optional<Duration> latency) {
  VcdWriter vcd{out, extent_.begin};
  add_states(stalls, latency);
  std::ranges::stable_sort(others_, {}, &Change::at);
  declare(vcd);
  rest(vcd);
  const Duration last = std::min(end, extent_.end.value_or(end));
  auto other = others_.begin();
  using Release = std::pair<Duration, std::uint32_t>;  // of a link
  std::priority_queue<Release, std::vector<Release>, std::greater<>> releases;
  const auto catch_up = [&](Duration until) {
    for (;;) {
      if (other != others_.end() && other->at <= until && (releases.empty() || other->at <= releases.top().first)) {
        apply(vcd, *other++);
      } else if (!releases.empty() && releases.top().first <= until) {
        apply(vcd, {releases.top().first, 0, releases.top().second, Kind::link_free});
        releases.pop();
      } else {
        return;
      }
    }
  };
  for (const Change& change : in_order_) {
    if (change.at > last) {
      break;
    }
    catch_up(change.at);
    apply(vcd, change);
    if (change.kind == Kind::link_taken) {
      releases.emplace(Duration::picoseconds(static_cast<std::int64_t>(change.value)), change.subject);
    }
  }
  catch_up(last);
  vcd.finish(std::max(last, extent_.begin));
}

std::string WaveformRecorder::gtkwave_save_file(const std::string& file) const {
  // Flags of a trace, as in GTKWave's analyzer.h: right-justified (0x20) with decimal (0x4) as steps (0x8000) that fill
  // their height (0x80000), stretched over the blank lines (0x20000) below; binary (0x8); a group that begins
  // (0x800200) or ends (0x1000200), closed with 0x400000.
  constexpr const char* kLevel = "@88024\n";
  constexpr const char* kStretch = "@20000\n-\n-\n";
  constexpr const char* kText = "@20\n";
  constexpr const char* kBit = "@28\n";
  std::string text = "[*]\n[*] Crossweave\n[*]\n[dumpfile] \"" + file + "\"\n[timestart] " +
                     std::to_string(extent_.begin.count_ps()) +
                     "\n[size] 1600 1000\n[sst_width] 220\n[signals_width] 260\n[sst_expanded] 1\n";
  const auto group = [&text](const std::string& name, bool open, const auto& fill) {
    text += (open ? "@800200\n-" : "@c00200\n-") + name + "\n";
    fill();
    text += (open ? "@1000200\n-" : "@1401200\n-") + name + "\n";
  };
  const auto trace = [&text](const char* format, const std::string& alias, const std::string& variable) {
    text += std::string{format} + "+{" + alias + "} " + variable + "\n";
  };
  group("layers", true, [&] {
    for (const Station& station : plan_.stations) {
      if (station.kind == Station::Kind::base_layer) {
        const PeId pe = station.duplicates[DuplicateId{0}].parts.front().pes.front();
        if (shows_pe_[pe]) {
          trace(kText, station.name, "chip." + scope_of(pe) + ".state");
        }
      }
    }
  });
  // A tile with its PEs and GPEU is a group, and so is the network.
  const auto top_of = [](const std::string& path) { return path.substr(0, path.find('.')); };
  for (std::size_t i = 0; i < shown_.size();) {
    const std::string top = top_of(shown_[i].path);
    group(top, i == 0, [&] {
      for (; i < shown_.size() && top_of(shown_[i].path) == top; ++i) {
        const Shown& scope = shown_[i];
        const std::string prefix = scope.path == top ? "" : scope.path.substr(top.size() + 1) + " ";
        for (const std::string& name : scope.levels) {
          trace(kLevel, prefix + name, "chip." + scope.path + "." + name);
          text += kStretch;
        }
        for (const std::string& name : scope.texts) {
          trace(kText, prefix + name, "chip." + scope.path + "." + name);
        }
        for (const std::string& name : scope.bits) {
          trace(kBit, prefix + name, "chip." + scope.path + "." + name);
        }
      }
    });
  }
  return text;
}

}  // namespace crossweave
