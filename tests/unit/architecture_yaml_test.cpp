#include "arch/architecture_yaml.h"

#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "arch/mvm_latency.h"

using namespace crossweave;
using Lines = std::vector<std::string>;

namespace {

constexpr std::string_view kSmall = R"(name: small
crossbar: {rows: 64, columns: 32, mvm_latency: 1.4 us}
tile: {pes: 4}
noc: {model: ideal}
dram: {model: ideal}
)";

struct Reading {
  Architecture architecture;
  Lines problems;
};

Reading read(const std::string& text, const std::string& path = "") {
  const Result<YamlNode> root = parse_yaml(text, "a.yaml");
  REQUIRE(root.has_value());
  Diagnostics out;
  Reading reading{read_architecture(*root, path, out), {}};
  for (const Diagnostic& diagnostic : out) {
    reading.problems.push_back(to_string(diagnostic));
  }
  return reading;
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text{kSmall};
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("an architecture is read, absent precision from the defaults") {
  const Reading reading = read(std::string{kSmall});
  CHECK(reading.problems.empty());
  Architecture expected;
  expected.name = "small";
  expected.crossbar = {64, 32, Duration::nanoseconds(1400)};
  expected.tile.pes = 4;
  CHECK(reading.architecture == expected);
}

TEST_CASE("an architecture that is written reads back as the same value and the same bytes") {
  Architecture architecture;
  architecture.name = "a \"b\": #c";
  architecture.crossbar = {1, 65536, Duration::picoseconds(1'234'567)};
  architecture.tile.pes = 3;
  architecture.precision = {4, 24};
  SECTION("all ideal") {}
  SECTION("a chip of a given size") {
    architecture.chip = {17, MeshExtent{6, 3}};
    architecture.noc.model = NocModel::packet;
    architecture.noc.topology = NocTopology::cmesh;
    architecture.noc.concentration = 3;
  }
  SECTION("an MVM latency that is computed, and ADCs") {
    architecture.crossbar = {128, 128, Duration::nanoseconds(2304)};
    architecture.crossbar.mvm_timing = MvmTiming{Duration::nanoseconds(100), 1, 3, 1, Frequency::hertz(1'000'000'000)};
    architecture.crossbar.adc_bits = 16;
    architecture.precision = {16, std::nullopt};
  }
  SECTION("an MVM latency without ADCs") {
    architecture.crossbar.mvm_timing = MvmTiming{Duration::nanoseconds(30), 3, 1, 0, {}};
    architecture.crossbar.mvm_latency = Duration::nanoseconds(60);
  }
  SECTION("nothing ideal") {
    architecture.tile.gpeu = {GpeuModel::lanes, 7, Frequency::hertz(1'200'000'000), {0, 2, 3, 4, 5, 1000}};
    architecture.noc = {NocModel::packet,
                        NocTopology::mesh,
                        1,
                        NocRouting::yx,
                        Frequency::hertz(1'000'001),
                        Bytes{48},
                        5,
                        8,
                        3,
                        true,
                        2};
    architecture.dram = {DramModel::bandwidth, Rate::bytes_per_second(19'200'000'000), Duration::picoseconds(45'001)};
  }
  SECTION("a flit network") {
    architecture.noc.model = NocModel::flit;
    architecture.noc.topology = GENERATE(NocTopology::mesh, NocTopology::torus);
    architecture.noc.virtual_channels = 4;
    architecture.noc.router = NocRouter::four_stage;
    architecture.noc.cycles_per_flit = 2;
  }
  const Reading reading = read(to_yaml(architecture, 0));
  CHECK(reading.problems.empty());
  CHECK(reading.architecture == architecture);
  CHECK(to_yaml(reading.architecture, 0) == to_yaml(architecture, 0));
  CHECK(read("x:\n" + to_yaml(architecture, 2)).problems.size() == 6);
  CHECK(to_yaml(architecture, 2).substr(0, 9) == "  name: \"");
}

TEST_CASE("every key of an architecture but the precision is required") {
  CHECK(read("name: bare\n").problems ==
        Lines{"a.yaml:1:1: error: missing key 'crossbar': expected a mapping with rows, columns and mvm_latency",
              "a.yaml:1:1: error: missing key 'tile': expected a mapping with pes",
              "a.yaml:1:1: error: missing key 'noc': expected a mapping with model",
              "a.yaml:1:1: error: missing key 'dram': expected a mapping with model"});
  CHECK(
      read(replaced("{rows: 64, columns: 32, mvm_latency: 1.4 us}", "{}"), "architecture").problems ==
      Lines{
          "a.yaml:2:11: error: missing key 'architecture.crossbar.rows': expected an integer in [1, 65536]",
          "a.yaml:2:11: error: missing key 'architecture.crossbar.columns': expected an integer in [1, 65536]",
          "a.yaml:2:11: error: missing key 'architecture.crossbar.mvm_latency': expected a time such as \"1400 ns\""});
  CHECK(read(replaced("name: small\n", "")).problems == Lines{"a.yaml:1:1: error: missing key 'name': expected text"});
}

TEST_CASE("extents of crossbars and tiles have bounds") {
  CHECK(read(replaced("rows: 64", "rows: 1")).problems.empty());
  CHECK(read(replaced("rows: 64", "rows: 65536")).problems.empty());
  CHECK(read(replaced("rows: 64", "rows: 0")).problems ==
        Lines{"a.yaml:2:18: error: crossbar.rows: expected an integer in [1, 65536], got \"0\""});
  CHECK(read(replaced("columns: 32", "columns: 65537")).problems.size() == 1);
  CHECK(read(replaced("pes: 4", "pes: -4")).problems ==
        Lines{"a.yaml:3:13: error: tile.pes: expected an integer in [1, 65536], got \"-4\""});
  CHECK(read(replaced("1.4 us", "1 ms")).problems.empty());
  CHECK(read(replaced("1.4 us", "1000001 ns")).problems ==
        Lines{"a.yaml:2:48: error: crossbar.mvm_latency: expected a time of at most 1 ms, got 1000001 ns"});
}

TEST_CASE("a model that does not exist is refused without complaint about its own keys") {
  CHECK(read(replaced("noc: {model: ideal}", "noc: {model: mesh, flit: 32 B}")).problems ==
        Lines{"a.yaml:4:14: error: noc.model: expected one of: ideal, packet, flit, got \"mesh\""});
  CHECK(read(replaced("dram: {model: ideal}", "dram: {model: ideal, channels: 2}")).problems ==
        Lines{"a.yaml:5:22: error: unknown key 'dram.channels', expected one of: model"});
  CHECK(read(replaced("dram: {model: ideal}", "dram: ideal")).problems ==
        Lines{"a.yaml:5:7: error: dram: expected a mapping, got \"ideal\""});
}

TEST_CASE("a GPEU with lanes, a packet network and a DRAM with a bandwidth are read with their defaults") {
  const Reading reading = read(R"(name: mesh
crossbar: {rows: 64, columns: 32, mvm_latency: 1.4 us}
tile: {pes: 4, gpeu: {model: lanes, lanes: 16, clock: 1 GHz}}
noc: {model: packet, topology: mesh, clock: 1.2 GHz, flit: 32 B}
dram: {model: bandwidth, bandwidth: 19.2 GB/s, latency: 45 ns}
)");
  CHECK(reading.problems.empty());
  Architecture expected;
  expected.name = "mesh";
  expected.crossbar = {64, 32, Duration::nanoseconds(1400)};
  expected.tile = {4, {GpeuModel::lanes, 16, Frequency::hertz(1'000'000'000)}};
  expected.noc = {NocModel::packet,
                  NocTopology::mesh,
                  1,
                  NocRouting::xy,
                  Frequency::hertz(1'200'000'000),
                  Bytes{32},
                  8,
                  8,
                  2,
                  false,
                  1};
  expected.dram = {DramModel::bandwidth, Rate::bytes_per_second(19'200'000'000), Duration::nanoseconds(45)};
  CHECK(reading.architecture == expected);
}

TEST_CASE("a flit network is read, and has the keys of its router") {
  const auto noc = [](const std::string& keys) {
    return read(replaced("noc: {model: ideal}", "noc: {clock: 1 GHz, flit: 32 B, " + keys + "}"));
  };
  const Reading reading = noc("model: flit, virtual_channels: 2, router: four_stage, cycles_per_flit: 3, buffer: 4");
  CHECK(reading.problems.empty());
  CHECK(reading.architecture.noc.virtual_channels == 2);
  CHECK(reading.architecture.noc.router == NocRouter::four_stage);
  CHECK(reading.architecture.noc.cycles_per_flit == 3);
  CHECK(reading.architecture.noc.buffer == 4);
  CHECK(noc("model: flit, virtual_channels: 9, router: fast, cycles_per_flit: 0").problems ==
        Lines{"a.yaml:4:64: error: noc.virtual_channels: expected an integer in [1, 8], got \"9\"",
              "a.yaml:4:75: error: noc.router: expected one of: one_stage, two_stage, four_stage, got \"fast\"",
              "a.yaml:4:98: error: noc.cycles_per_flit: expected an integer in [1, 1000], got \"0\""});
  CHECK(noc("model: flit, router_cycles: 2").problems ==
        Lines{"a.yaml:4:46: error: unknown key 'noc.router_cycles', expected one of: model, topology, concentration, "
              "routing, clock, flit, max_packet, buffer, link_cycles, multicast, virtual_channels, router, "
              "cycles_per_flit"});
  CHECK(noc("model: packet, virtual_channels: 2").problems.size() == 1);
  CHECK(noc("model: flit, topology: torus").architecture.noc.virtual_channels == 2);
  CHECK(noc("model: flit, topology: cmesh, concentration: 3, virtual_channels: 8").problems.empty());
  CHECK(noc("model: flit, topology: cmesh, virtual_channels: 7").problems.empty());
}

TEST_CASE("finite resources have bounds, and ideal ones no keys") {
  CHECK(read(replaced("noc: {model: ideal}", "noc: {model: ideal, flit: 32 B}")).problems ==
        Lines{"a.yaml:4:21: error: unknown key 'noc.flit', expected one of: model"});
  CHECK(
      read(replaced("noc: {model: ideal}", "noc: {model: packet, topology: tors, max_packet: 1}")).problems ==
      Lines{
          "a.yaml:4:32: error: noc.topology: expected one of: mesh, torus, cmesh, got \"tors\", did you mean 'torus'?",
          "a.yaml:4:6: error: missing key 'noc.clock': expected a frequency such as \"1 GHz\"",
          "a.yaml:4:6: error: missing key 'noc.flit': expected a size such as \"32 B\"",
          "a.yaml:4:50: error: noc.max_packet: expected an integer in [2, 4096], got \"1\""});
  CHECK(read(replaced("noc: {model: ideal}", "noc: {model: packet, clock: 1001 GHz, flit: 8 KiB}")).problems ==
        Lines{"a.yaml:4:29: error: noc.clock: expected a frequency of 1 MHz to 1 THz, got 1001 GHz",
              "a.yaml:4:45: error: noc.flit: expected a size of at most 4 KiB, got 8 KiB"});
  CHECK(read(replaced("{pes: 4}", "{pes: 4, gpeu: {model: lanes, lanes: 0, clock: 999 kHz}}")).problems ==
        Lines{"a.yaml:3:44: error: tile.gpeu.lanes: expected an integer in [1, 65536], got \"0\"",
              "a.yaml:3:54: error: tile.gpeu.clock: expected a frequency of 1 MHz to 1 THz, got 999 kHz"});
  CHECK(read(replaced("dram: {model: ideal}", "dram: {model: bandwidth, bandwidth: 1 kB/s, latency: 2 ms}")).problems ==
        Lines{"a.yaml:5:37: error: dram.bandwidth: expected a rate of at least 1 MB/s, got 1 kB/s",
              "a.yaml:5:54: error: dram.latency: expected a time of at most 1 ms, got 2 ms"});
}

TEST_CASE("partial sums are no narrower than activations") {
  CHECK(read(std::string{kSmall} + "precision: {activation_bits: 8, psum_bits: 8}\n").problems.empty());
  const Lines problems = read(std::string{kSmall} + "precision: {activation_bits: 32}\n").problems;
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("a.yaml:6:12: error: precision.psum_bits (16) must not be less than "
                         "precision.activation_bits (32)") == 0);
  // While a key is wrong, rules across keys are not judged.
  CHECK(read(std::string{kSmall} + "precision: {activation_bits: 32, psum_bits: x}\n").problems.size() == 1);
}

TEST_CASE("the latency of an MVM follows from its steps and its ADCs") {
  MvmTiming timing{Duration::nanoseconds(100), 1, 1, 0, {}};
  CHECK(mvm_latency(timing, 8, 128) == Duration::nanoseconds(800));
  CHECK(mvm_latency(timing, 1, 128) == Duration::nanoseconds(100));
  timing.dac_bits = 3;
  CHECK(mvm_latency(timing, 8, 128) == Duration::nanoseconds(300));
  timing.stages = 4;
  CHECK(mvm_latency(timing, 8, 128) == Duration::nanoseconds(600));
  // Slower ADCs set the pace, faster ones do not; 129 columns give one of two ADCs 65.
  timing.adcs = 2;
  timing.adc_rate = Frequency::hertz(500'000'000);
  CHECK(mvm_latency(timing, 8, 129) == Duration::nanoseconds(6 * 130));
  timing.adcs = 4;
  CHECK(mvm_latency(timing, 8, 129) == Duration::nanoseconds(6 * 100));
  // PUMA and ISAAC, from the sources in arch/mvm_latency.h.
  CHECK(mvm_latency({Duration::nanoseconds(100), 1, 3, 1, Frequency::hertz(1'000'000'000)}, 16, 128) ==
        Duration::nanoseconds(2304));
  CHECK(mvm_latency({Duration::nanoseconds(100), 1, 1, 1, Frequency::hertz(1'280'000'000)}, 16, 128) ==
        Duration::nanoseconds(1600));
}

TEST_CASE("an architecture may describe its MVM instead of stating the latency") {
  const std::string text = replaced("mvm_latency: 1.4 us", "mvm_latency: {read: 100 ns, dac_bits: 2}, adc_bits: 9");
  const Architecture eight = read(text).architecture;
  CHECK(eight.crossbar.mvm_latency == Duration::nanoseconds(400));
  CHECK_FALSE(eight.precision.psum_bits.has_value());
  const Architecture five = read(text + "precision: {activation_bits: 5, psum_bits: 12}\n").architecture;
  CHECK(five.crossbar.mvm_latency == Duration::nanoseconds(300));
  CHECK(five.precision.psum_bits == 12);
  CHECK(read(replaced("mvm_latency: 1.4 us", "mvm_latency: {dac_bits: 0, adc_rate: 2 THz}")).problems ==
        Lines{"a.yaml:2:48: error: missing key 'crossbar.mvm_latency.read': expected a time such as \"1400 ns\"",
              "a.yaml:2:59: error: crossbar.mvm_latency.dac_bits: expected an integer in [1, 64], got \"0\"",
              "a.yaml:2:48: error: missing key 'crossbar.mvm_latency.adcs': expected an integer in [1, 65536]",
              "a.yaml:2:72: error: crossbar.mvm_latency.adc_rate: expected a frequency of 1 MHz to 1 THz, got 2 THz"});
  CHECK(read(replaced("mvm_latency: 1.4 us", "mvm_latency: {read: 1 ms, dac_bits: 1}")).problems ==
        Lines{"a.yaml:1:1: error: crossbar.mvm_latency comes to 8 ms, more than 1 ms"});
}

TEST_CASE("partial sums are as wide as the ADCs and their number ask for") {
  PrecisionSpec precision;
  CrossbarSpec crossbar;
  CHECK(psum_bits(precision, crossbar, 5) == 16);
  precision.psum_bits.reset();
  crossbar.adc_bits = 8;
  CHECK(psum_bits(precision, crossbar, 1) == 8);
  CHECK(psum_bits(precision, crossbar, 2) == 9);
  CHECK(psum_bits(precision, crossbar, 4) == 10);
  CHECK(psum_bits(precision, crossbar, 5) == 11);
  CHECK(psum_bits(precision, crossbar, 18) == 13);
}

TEST_CASE("all problems of an architecture are reported at once") {
  CHECK(read("name: x\ncrossbar: {rws: 1, rows: 2, columns: two, mvm_latency: 7}\ntile: {pes: 1, pes: 2}\nnoc: {model: "
             "ideal}\n")
            .problems.size() == 5);
  CHECK(read("[1]").problems == Lines{"a.yaml:1:1: error: expected a mapping, got a list"});
}

namespace {

Architecture shipped(const std::string& name) {
  const Result<YamlNode> root =
      load_yaml(std::string{CROSSWEAVE_SOURCE_DIR} + "/configs/architectures/" + name + ".yaml");
  REQUIRE(root.has_value());
  Diagnostics out;
  Architecture architecture = read_architecture(*root, "", out);
  CHECK(out.empty());
  CHECK(architecture.name == name);
  return architecture;
}

}  // namespace

TEST_CASE("the architectures that we ship load, and are what they claim") {
  Architecture paper;
  paper.name = "paper";
  CHECK(shipped("paper") == paper);

  // The plausible chip, figure by figure.
  Architecture mesh = paper;
  mesh.name = "paper-mesh";
  mesh.crossbar.adc_bits = 8;
  mesh.crossbar.write = {Duration::nanoseconds(8520), Energy::femtojoules(104'370), 1'000'000,
                         CrossbarWriting::parallel};
  mesh.precision.psum_bits.reset();
  mesh.tile = {8, {GpeuModel::lanes, 16, Frequency::hertz(1'000'000'000)}};
  mesh.tile.buffer = {BufferModel::limited, Bytes{64 * 1024}, Bytes{64 * 1024}, Rate::bytes_per_second(32'000'000'000),
                      Spill::dram};
  mesh.noc.model = NocModel::packet;
  mesh.noc.clock = Frequency::hertz(1'000'000'000);
  mesh.noc.flit = Bytes{32};
  mesh.noc.max_packet = mesh.noc.buffer = 8;
  mesh.noc.router_cycles = 2;
  mesh.noc.link_cycles = 1;
  mesh.dram = {DramModel::bandwidth, Rate::bytes_per_second(19'200'000'000), Duration::picoseconds(33'300)};
  CHECK(shipped("paper-mesh") == mesh);

  CHECK(shipped("isaac").crossbar.mvm_latency == Duration::nanoseconds(1600));
  CHECK(shipped("isaac").tile.buffer.bandwidth == Rate::bytes_per_second(38'400'000'000));
  CHECK(shipped("puma").crossbar.mvm_latency == Duration::nanoseconds(2304));
  CHECK(shipped("prime").crossbar.mvm_latency == Duration::nanoseconds(200));
  CHECK(shipped("pipelayer").crossbar.mvm_latency == Duration::picoseconds(468'960));
  CHECK(shipped("neurram").chip.tiles == 48);
  CHECK(shipped("core-512").crossbar.mvm_latency == Duration::nanoseconds(800));
}
