// Is a DRAM channel read strictly, with its defaults, and written so that it reads back?
#include "arch/banked_dram_yaml.h"

#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "arch/architecture_yaml.h"
#include "tests/support/dram_devices.h"

using namespace crossweave;
using Lines = std::vector<std::string>;

namespace {

constexpr std::string_view kArchitecture = R"(name: small
crossbar: {rows: 64, columns: 32, mvm_latency: 1.4 us}
tile: {pes: 4}
noc: {model: ideal}
dram:
  model: banked
  device:
    name: toy
    clock: 1 GHz
    organization: {ranks: 1, bank_groups: 2, banks: 4, rows: 1024, columns: 64, bus_bits: 32, burst_length: 8}
    timing: {tCL: 10, tCWL: 8, tRCD: 9, tRP: 7, tRAS: 20, tRC: 27, tRRD_S: 3, tFAW: 16, tCCD_S: 4, tRTW: 8,
             tWTR_S: 2, tWR: 11, tRTP: 5, tRTRS: 1, tREFI: 4000, tRFC: 200}
)";

struct Reading {
  BankedDramSpec spec;
  Lines problems;
};

Reading read(const std::string& text) {
  const Result<YamlNode> root = parse_yaml(text, "a.yaml");
  REQUIRE(root.has_value());
  Diagnostics out;
  Reading reading{read_architecture(*root, "", out).dram.banked, {}};
  for (const Diagnostic& diagnostic : out) {
    reading.problems.push_back(to_string(diagnostic));
  }
  return reading;
}

std::string replaced(std::string_view from, std::string_view to) {
  std::string text{kArchitecture};
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("a channel is read, what is absent from the defaults", "[dram]") {
  const Reading reading = read(std::string{kArchitecture});
  CHECK(reading.problems.empty());
  const DramDevice& device = reading.spec.device;
  CHECK(device.name == "toy");
  CHECK(device.organization == DramOrganization{1, 2, 4, 1024, 64, 32, 8});
  CHECK(device.organization.capacity() == Bytes{2 * 4 * 1024 * 64 * 4});
  CHECK(device.peak() == Rate::bytes_per_second(8'000'000'000));
  // Without figures of their own: as within one bank group, for one bank, and for reads.
  CHECK(device.timing.rrd_l == 3);
  CHECK(device.timing.ccd_l == 4);
  CHECK(device.timing.wtr_l == 2);
  CHECK(device.timing.rp_ab == 7);
  CHECK(device.timing.rcd_wr == 9);
  CHECK(reading.spec.controller == DramController{});
  CHECK(to_string(reading.spec.controller.mapping) == "rochrababgco");
}

TEST_CASE("a channel that is written reads back as the same value", "[dram]") {
  Architecture architecture;
  architecture.name = "a";
  architecture.dram.model = DramModel::banked;
  architecture.dram.banked = test::ddr4_2400(DramRefresh::none);
  architecture.dram.banked.controller.mapping = test::dram_mapping("robgchracoba");
  architecture.dram.banked.controller.scheduler = DramScheduler::fcfs;
  architecture.dram.banked.controller.read_queue = 7;
  const std::string text = to_yaml(architecture, 0);
  const Result<YamlNode> root = parse_yaml(text, "a.yaml");
  REQUIRE(root.has_value());
  Diagnostics out;
  const Architecture back = read_architecture(*root, "", out);
  CHECK(out.empty());
  CHECK(back == architecture);
  CHECK(to_yaml(back, 0) == text);
}

TEST_CASE("figures that contradict one another are refused, each at its key", "[dram]") {
  CHECK(
      read(replaced("tRC: 27", "tRC: 26")).problems ==
      Lines{"a.yaml:11:64: error: dram.device.timing.tRC: expected at least tRAS + tRP = 27, got 26: a row is open for "
            "tRAS and closed for tRP"});
  CHECK(read(replaced("tFAW: 16, tCCD_S: 4, tRTW: 8", "tFAW: 11, tCCD_S: 3, tRTW: 5")).problems.size() == 3);
  CHECK(read(replaced("tREFI: 4000", "tREFI: 309")).problems.size() == 1);
  CHECK(read(replaced("tREFI: 4000", "tREFI: 310")).problems.empty());
  CHECK(
      read(replaced("columns: 64,", "columns: 4,")).problems ==
      Lines{"a.yaml:10:77: error: dram.device.organization.columns: expected at least burst_length = 8, got 4: a burst "
            "is of one row"});
  CHECK(read(replaced("banks: 4", "banks: 3")).problems ==
        Lines{"a.yaml:10:53: error: dram.device.organization.banks: expected a power of two, got 3"});
  CHECK(
      read(std::string{kArchitecture} + "  write_high: 33\n").problems ==
      Lines{"a.yaml:6:3: error: dram.write_queue: expected at least write_high = 33, got 32: so many writes must find "
            "room"});
}

TEST_CASE("while a figure is wrong, rules across figures are not judged", "[dram]") {
  CHECK(read(replaced("tRC: 27", "tRC: 26, tRXX: 1")).problems.size() == 1);
  CHECK(read(replaced("burst_length: 8", "burst_length: 9")).problems.size() == 1);
}

TEST_CASE("a mapping has each field once", "[dram]") {
  for (const std::string bad : {"rochrababg", "rochrababgbg", "rochrababgcoco", "ROchrababgco", "columnrowbnk"}) {
    const Lines problems = read(std::string{kArchitecture} + "  mapping: " + bad + "\n").problems;
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].find("a.yaml:13:12: error: dram.mapping: expected the fields ro, ch, ra, bg, ba and co") == 0);
  }
  CHECK(read(std::string{kArchitecture} + "  mapping: cobabgrachro\n").problems.empty());
}

TEST_CASE("the devices that we ship are what they claim", "[dram]") {
  const DramDevice ddr4 = test::shipped_dram_device("ddr4-2400");
  CHECK(ddr4.peak() == Rate::bytes_per_second(19'200'000'000));
  CHECK(ddr4.organization.capacity() == Bytes{8LL << 30});
  CHECK(ddr4.organization.bursts_of_row() * ddr4.organization.burst().count() == 8192);
  const DramDevice lpddr4 = test::shipped_dram_device("lpddr4-3200");
  CHECK(lpddr4.peak() == Rate::bytes_per_second(6'400'000'000));
  CHECK(lpddr4.organization.capacity() == Bytes{1LL << 30});
  const DramDevice hbm2 = test::shipped_dram_device("hbm2");
  CHECK(hbm2.peak() == Rate::bytes_per_second(16'000'000'000));
  CHECK(hbm2.organization.banks_of_rank() == 32);
}
