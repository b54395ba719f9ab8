#include "arch/architecture_yaml.h"

#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

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
  SECTION("nothing ideal") {
    architecture.tile.gpeu = {GpeuModel::lanes, 7, Frequency::hertz(1'200'000'000)};
    architecture.noc = {
        NocModel::packet, NocTopology::mesh, 1, NocRouting::yx, Frequency::hertz(1'000'001), Bytes{48}, 5, 4, 3, 2};
    architecture.dram = {DramModel::bandwidth, Rate::bytes_per_second(19'200'000'000), Duration::picoseconds(45'001)};
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
        Lines{"a.yaml:4:14: error: noc.model: expected one of: ideal, packet, got \"mesh\""});
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
  expected.noc = {
      NocModel::packet, NocTopology::mesh, 1, NocRouting::xy, Frequency::hertz(1'200'000'000), Bytes{32}, 8, 8, 2, 1};
  expected.dram = {DramModel::bandwidth, Rate::bytes_per_second(19'200'000'000), Duration::nanoseconds(45)};
  CHECK(reading.architecture == expected);
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

TEST_CASE("all problems of an architecture are reported at once") {
  CHECK(read("name: x\ncrossbar: {rws: 1, rows: 2, columns: two, mvm_latency: 7}\ntile: {pes: 1, pes: 2}\nnoc: {model: "
             "ideal}\n")
            .problems.size() == 5);
  CHECK(read("[1]").problems == Lines{"a.yaml:1:1: error: expected a mapping, got a list"});
}

TEST_CASE("the architectures that we ship load, and are what they claim") {
  const std::string file = std::string{CROSSWEAVE_SOURCE_DIR} + "/configs/architectures/paper.yaml";
  const Result<YamlNode> root = load_yaml(file);
  REQUIRE(root.has_value());
  Diagnostics out;
  const Architecture paper = read_architecture(*root, "", out);
  CHECK(out.empty());
  Architecture expected;
  expected.name = "paper";
  CHECK(paper == expected);
}
