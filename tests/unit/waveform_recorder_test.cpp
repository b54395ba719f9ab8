// Do the events of a run become the waveforms that a user looks for?
#include "frontend/record/waveform_recorder.h"

#include <sstream>
#include <string>

#include <catch2/catch.hpp>

using namespace crossweave;

namespace {

Duration ns(std::int64_t count) { return Duration::nanoseconds(count); }

/// Tile 0 with PEs 0 and 1, tile 1 with PE 2; two base layers behind a network input. PE 0 holds no weights.
ExecutionPlan small_plan() {
  ExecutionPlan plan;
  plan.placement.mesh_columns = 2;
  plan.placement.position = {{0, 0}, {1, 0}};
  plan.placement.tile_of = {TileId{0}, TileId{0}, TileId{1}};
  plan.placement.pes = {{{PeId{1}}}, {{PeId{2}}}};
  plan.stations.resize(4);
  plan.stations[StationId{0}].kind = Station::Kind::network_input;
  plan.stations[StationId{0}].name = "image";
  for (const std::size_t layer : {0U, 1U}) {
    Station& station = plan.stations[StationId{layer + 1}];
    station.kind = Station::Kind::base_layer;
    station.name = layer == 0 ? "conv one" : "conv2";
    station.layer = LayerId{layer};
    StationDuplicate duplicate;
    duplicate.parts.push_back({EndpointId{layer}, {PeId{layer + 1}}, {}, {}, {}});
    station.duplicates.push_back(duplicate);
  }
  plan.stations[StationId{3}].name = "pool";
  return plan;
}

MvmStarted started(Duration at, std::size_t pe, std::size_t layer, std::size_t set) {
  return {at, PeId{pe}, LayerId{layer}, SetId{set}, 16, 0, 0};
}

/// Layer 0 runs sets 5 and 6, layer 1 waits for the first of them.
void play(WaveformRecorder& recorder, StallRecorder& stalls) {
  constexpr StationId kImage{0};
  constexpr StationId kFirst{1};
  const auto runs = [&](Duration from, Duration to, std::size_t layer, std::size_t set, std::size_t cause,
                        std::size_t leg) {
    stalls.on(InputComplete{from, 0, LayerId{layer}, DuplicateId{0}, SetId{set}, TileId{layer}, LegId{cause}});
    stalls.on(SetStarted{from, 0, LayerId{layer}, DuplicateId{0}, SetId{set}, LegId{cause}, from});
    return [&stalls, to, layer, set, leg] {
      stalls.on(JourneyLeg{LegId{leg}, LegId{0}, Activity::computing, to, StationId{layer + 1}});
      stalls.on(SetFinished{to, 0, LayerId{layer}, DuplicateId{0}, SetId{set}, LegId{leg}});
    };
  };
  stalls.on(JourneyLeg{LegId{1}, LegId{0}, Activity::computing, ns(0), kImage});
  recorder.on(BufferLevel{ns(0), TileId{0}, BufferLevel::Which::input, Bytes{12}});
  recorder.on(started(ns(0), 1, 0, 5));
  const auto first = runs(ns(0), ns(2), 0, 5, 1, 2);
  recorder.on(BufferLevel{ns(1), TileId{1}, BufferLevel::Which::output, Bytes{3}});
  // One set right after another: the PE is never idle.
  recorder.on(MvmFinished{ns(2), PeId{1}});
  first();
  recorder.on(started(ns(2), 1, 0, 6));
  const auto second = runs(ns(2), ns(4), 0, 6, 1, 4);
  stalls.on(JourneyLeg{LegId{3}, LegId{2}, Activity::gpeu, ns(3), kFirst});
  recorder.on(GpeuOperation{ns(3), TileId{0}, 16, ns(2), 0, StationId{3}, SetId{7}});
  recorder.on(LinkCrossed{ns(3), ns(4), {0, 0}, 0, Bytes{32}, 0, kFirst, SetId{5}});
  recorder.on(started(ns(3), 2, 1, 0));
  const auto third = runs(ns(3), ns(5), 1, 0, 3, 5);
  recorder.on(MvmFinished{ns(4), PeId{1}});
  second();
  recorder.on(MvmFinished{ns(5), PeId{2}});
  third();
}

std::string waveform(const WaveformExtent& extent) {
  const ExecutionPlan plan = small_plan();
  WaveformRecorder recorder{plan, extent};
  StallRecorder stalls{plan};
  play(recorder, stalls);
  std::ostringstream out;
  recorder.write(out, ns(6), stalls, ns(6));
  return out.str();
}

}  // namespace

TEST_CASE("a run becomes a waveform") {
  CHECK(waveform({}) ==
        "$version Crossweave $end\n"
        "$timescale 1 ps $end\n"
        "$comment\n"
        "layer: base layer\n"
        "0: conv one\n"
        "1: conv2\n"
        "$end\n"
        "$scope module chip $end\n"
        "$scope module tile0 $end\n"
        "$var integer 64 ! input_buffer_level $end\n"
        "$var integer 64 \" output_buffer_level $end\n"
        "$scope module pe0 $end\n"
        "$var wire 1 # busy $end\n"
        "$var string 1 $ state $end\n"
        "$var integer 64 % layer $end\n"
        "$var string 1 & layer_name $end\n"
        "$var integer 64 ' set $end\n"
        "$upscope $end\n"
        "$scope module pe1 $end\n"
        "$var wire 1 ( busy $end\n"
        "$var string 1 ) state $end\n"
        "$var integer 64 * layer $end\n"
        "$var string 1 + layer_name $end\n"
        "$var integer 64 , set $end\n"
        "$upscope $end\n"
        "$scope module gpeu $end\n"
        "$var wire 1 - busy $end\n"
        "$var string 1 . operation $end\n"
        "$var integer 64 / set $end\n"
        "$upscope $end\n"
        "$upscope $end\n"
        "$scope module tile1 $end\n"
        "$var integer 64 0 input_buffer_level $end\n"
        "$var integer 64 1 output_buffer_level $end\n"
        "$scope module pe0 $end\n"
        "$var wire 1 2 busy $end\n"
        "$var string 1 3 state $end\n"
        "$var integer 64 4 layer $end\n"
        "$var string 1 5 layer_name $end\n"
        "$var integer 64 6 set $end\n"
        "$upscope $end\n"
        "$upscope $end\n"
        "$scope module noc $end\n"
        "$scope module router0_0 $end\n"
        "$var wire 1 7 east $end\n"
        "$upscope $end\n"
        "$upscope $end\n"
        "$upscope $end\n"
        "$enddefinitions $end\n"
        "#0\n"
        "$dumpvars\n"
        "b1100 !\nb0 \"\n"
        "0#\nsunused $\nbz %\ns &\nbz '\n"
        "1(\nsactive )\nb0 *\nsconv_one +\nb101 ,\n"
        "0-\ns .\nbz /\n"
        "b0 0\nb0 1\n"
        "02\nsupstream 3\nbz 4\ns 5\nbz 6\n"
        "07\n"
        "$end\n"
        "#1000\n"
        "b11 1\n"
        "#2000\n"
        "1-\nspool .\nb111 /\n"
        "sgpeu 3\n"
        "b110 ,\n"
        "#3000\n"
        "0-\ns .\nbz /\n"
        "sactive 3\n"
        "17\n"
        "12\nb1 4\nsconv2 5\nb0 6\n"
        "#4000\n"
        "sfinished )\n"
        "07\n"
        "0(\nbz *\ns +\nbz ,\n"
        "#5000\n"
        "sfinished 3\n"
        "02\nbz 4\ns 5\nbz 6\n"
        "#6000\n");
}

TEST_CASE("a waveform may show a part of the chip, and of the time") {
  const std::string text = waveform({ns(3), ns(4), std::regex{"tile1.*"}});
  CHECK(text.find("tile0") == std::string::npos);
  CHECK(text.find("noc") == std::string::npos);
  CHECK(text.substr(text.find("$enddefinitions")) ==
        "$enddefinitions $end\n"
        "#3000\n"
        "$dumpvars\n"
        "b0 !\nb11 \"\n"
        "1#\nsactive $\nb1 %\nsconv2 &\nb0 '\n"
        "$end\n"
        "#4000\n");
}

TEST_CASE("a scope that no part of the chip has shows nothing") {
  const ExecutionPlan plan = small_plan();
  CHECK_FALSE(WaveformRecorder(plan, {{}, {}, std::regex{"tile7"}}).shows_anything());
  CHECK_FALSE(WaveformRecorder(plan, {{}, {}, std::regex{"tile"}}).shows_anything());
  CHECK(WaveformRecorder(plan, {{}, {}, std::regex{"tile1\\.gpeu"}}).shows_anything());
  CHECK(WaveformRecorder(plan, {{}, {}, std::regex{"noc.router1_0"}}).shows_anything());
}

TEST_CASE("the save file for GTKWave groups what the waveform shows") {
  const ExecutionPlan plan = small_plan();
  WaveformRecorder recorder{plan, {{}, {}, std::regex{"tile1.*|noc.*"}}};
  StallRecorder stalls{plan};
  play(recorder, stalls);
  std::ostringstream out;
  recorder.write(out, ns(6), stalls, ns(6));
  const std::string text = recorder.gtkwave_save_file("trace.vcd");
  CHECK(text.substr(text.find("@800200")) ==
        "@800200\n-layers\n"
        "@20\n+{conv2} chip.tile1.pe0.state\n"
        "@1000200\n-layers\n"
        "@800200\n-tile1\n"
        "@88024\n+{input_buffer_level} chip.tile1.input_buffer_level\n@20000\n-\n-\n"
        "@88024\n+{output_buffer_level} chip.tile1.output_buffer_level\n@20000\n-\n-\n"
        "@20\n+{pe0 layer_name} chip.tile1.pe0.layer_name\n"
        "@20\n+{pe0 state} chip.tile1.pe0.state\n"
        "@1000200\n-tile1\n"
        "@c00200\n-noc\n"
        "@28\n+{router0_0 east} chip.noc.router0_0.east\n"
        "@1401200\n-noc\n");
}
