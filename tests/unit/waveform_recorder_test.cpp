// Do the events of a run become the waveforms that a user looks for?
#include "frontend/record/waveform_recorder.h"

#include <sstream>
#include <string>

#include <catch2/catch.hpp>

using namespace crossweave;

namespace {

Duration ns(std::int64_t count) { return Duration::nanoseconds(count); }

/// Tile 0 with PEs 0 and 1, tile 1 with PE 2; two base layers behind a network input.
ExecutionPlan small_plan() {
  ExecutionPlan plan;
  plan.placement.position = {{0, 0}, {1, 0}};
  plan.placement.tile_of = {TileId{0}, TileId{0}, TileId{1}};
  plan.placement.pes = {{{PeId{0}}, {PeId{1}}}, {{PeId{2}}}};
  plan.stations.resize(3);
  plan.stations[StationId{0}].kind = Station::Kind::network_input;
  plan.stations[StationId{0}].name = "image";
  for (const std::size_t layer : {0U, 1U}) {
    Station& station = plan.stations[StationId{layer + 1}];
    station.kind = Station::Kind::base_layer;
    station.name = layer == 0 ? "conv one" : "conv2";
    station.layer = LayerId{layer};
  }
  return plan;
}

MvmStarted started(Duration at, std::size_t pe, std::size_t layer, std::size_t set) {
  return {at, PeId{pe}, LayerId{layer}, SetId{set}, 16, 0, 0};
}

}  // namespace

TEST_CASE("a run becomes a waveform") {
  std::ostringstream out;
  WaveformRecorder recorder{small_plan(), out};
  recorder.on(BufferLevel{ns(0), TileId{0}, BufferLevel::Which::input, Bytes{12}});
  recorder.on(started(ns(0), 1, 0, 5));
  recorder.on(BufferLevel{ns(1), TileId{1}, BufferLevel::Which::output, Bytes{3}});
  // One set right after another: the PE is never idle.
  recorder.on(MvmFinished{ns(2), PeId{1}});
  recorder.on(started(ns(2), 1, 0, 6));
  recorder.on(started(ns(2), 2, 1, 0));
  recorder.on(MvmFinished{ns(4), PeId{1}});
  recorder.on(MvmFinished{ns(4), PeId{2}});
  recorder.finish(ns(5));
  CHECK(recorder.ok());
  CHECK(out.str() ==
        "$version Crossweave $end\n"
        "$timescale 1 ps $end\n"
        "$comment\n"
        "layer: base layer\n"
        "0: conv one\n"
        "1: conv2\n"
        "$end\n"
        "$scope module chip $end\n"
        "$scope module tile_0 $end\n"
        "$var integer 64 ! input_buffer_level $end\n"
        "$var integer 64 \" output_buffer_level $end\n"
        "$scope module pe_0 $end\n"
        "$var wire 1 # busy $end\n"
        "$var integer 64 $ layer $end\n"
        "$var string 1 % layer_name $end\n"
        "$var integer 64 & set $end\n"
        "$upscope $end\n"
        "$scope module pe_1 $end\n"
        "$var wire 1 ' busy $end\n"
        "$var integer 64 ( layer $end\n"
        "$var string 1 ) layer_name $end\n"
        "$var integer 64 * set $end\n"
        "$upscope $end\n"
        "$upscope $end\n"
        "$scope module tile_1 $end\n"
        "$var integer 64 + input_buffer_level $end\n"
        "$var integer 64 , output_buffer_level $end\n"
        "$scope module pe_0 $end\n"
        "$var wire 1 - busy $end\n"
        "$var integer 64 . layer $end\n"
        "$var string 1 / layer_name $end\n"
        "$var integer 64 0 set $end\n"
        "$upscope $end\n"
        "$upscope $end\n"
        "$upscope $end\n"
        "$enddefinitions $end\n"
        "#0\n"
        "$dumpvars\n"
        "b1100 !\nb0 \"\n"
        "0#\nbz $\ns %\nbz &\n"
        "1'\nb0 (\nsconv_one )\nb101 *\n"
        "b0 +\nb0 ,\n"
        "0-\nbz .\ns /\nbz 0\n"
        "$end\n"
        "#1000\n"
        "b11 ,\n"
        "#2000\n"
        "b110 *\n"
        "1-\nb1 .\nsconv2 /\nb0 0\n"
        "#4000\n"
        "0'\nbz (\ns )\nbz *\n"
        "0-\nbz .\ns /\nbz 0\n"
        "#5000\n");
}
