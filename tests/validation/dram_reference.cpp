#include "tests/validation/dram_reference.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "tests/support/dram_devices.h"

namespace crossweave::validation {
namespace {

using Row = std::map<std::string, std::string>;

constexpr double kFrontEnd = 2;  // of DRAMsim3, in cycles

std::ifstream open(const std::string& name) {
  const std::filesystem::path file = std::filesystem::path{CROSSWEAVE_SOURCE_DIR} / "tests/data/dram" / name;
  std::ifstream stream{file};
  if (!stream) {
    throw std::runtime_error{"cannot read " + file.string()};
  }
  return stream;
}

/// A table with a heading, row by row.
std::vector<Row> table(const std::string& name) {
  std::ifstream stream = open(name);
  std::vector<std::string> heading;
  std::vector<Row> rows;
  for (std::string line; std::getline(stream, line);) {
    std::vector<std::string> words;
    std::istringstream rest{line};
    for (std::string word; std::getline(rest, word, ',');) {
      words.push_back(word);
    }
    if (heading.empty()) {
      heading = words;
      continue;
    }
    Row& row = rows.emplace_back();
    for (std::size_t column = 0; column < words.size(); ++column) {
      row[heading.at(column)] = words[column];
    }
  }
  return rows;
}

DramCase case_of_dramsim3(const Row& row) {
  const std::string& config = row.at("config");  // "ddr4_M1_noref"
  return {row.at("trace"), config.substr(5, 2), !config.ends_with("_noref")};
}

std::optional<double> mean_of_reads(const Row& row, const std::string& column) {
  return row.at("reads") == "0" ? std::nullopt : std::optional{std::stod(row.at(column))};
}

DramResult dramsim3_result(const DramCase& of) {
  static const std::vector<Row> kRows = table("dramsim3_results.csv");
  for (const Row& row : kRows) {
    const DramCase other = case_of_dramsim3(row);
    if (other.trace == of.trace && other.mapping == of.mapping && other.refresh == of.refresh) {
      return {std::stod(row.at("last_completion_cycle")), mean_of_reads(row, "avg_read_latency_from_trace_cycle"),
              mean_of_reads(row, "avg_read_latency_from_accept_cyc"), std::stod(row.at("min_lat")),
              std::stod(row.at("max_lat"))};
    }
  }
  throw std::runtime_error{"no row of DRAMsim3 for " + of.trace};
}

std::optional<DramResult> dramsys_result(const DramCase& of) {
  static const std::vector<Row> kRows = table("dramsys_results.csv");
  for (const Row& row : kRows) {
    if (row.at("trace") == of.trace && row.at("mapping") == (of.mapping == "M1" ? "m1" : "m2") &&
        row.at("refresh") == (of.refresh ? "ref" : "noref")) {
      DramResult result{std::stod(row.at("last_data_cycle")) + kFrontEnd, std::nullopt,
                        mean_of_reads(row, "avg_read_latency_from_REQ_cyc"), 0, 0};
      if (result.from_accepted) {
        result.from_accepted = *result.from_accepted + kFrontEnd;
        result.least = std::stod(row.at("min_lat_cyc")) + kFrontEnd;
        result.most = std::stod(row.at("max_lat_cyc")) + kFrontEnd;
      }
      return result;
    }
  }
  return std::nullopt;
}

std::vector<DramRequest> read_trace(const std::string& name) {
  std::ifstream stream = open("traces/" + name + ".trc");
  std::vector<DramRequest> requests;
  std::string address;
  std::string operation;
  for (DramCycle cycle = 0; stream >> address >> operation >> cycle;) {
    requests.push_back({cycle, std::stol(address, nullptr, 16), operation == "WRITE"});
  }
  return requests;
}

}  // namespace

std::vector<DramCase> dram_cases() {
  std::vector<DramCase> cases;
  for (const Row& row : table("dramsim3_results.csv")) {
    cases.push_back(case_of_dramsim3(row));
  }
  return cases;
}

BankedDramSpec dram_spec(const DramCase& of) {
  BankedDramSpec spec = test::ddr4_2400(of.refresh ? DramRefresh::all_bank : DramRefresh::none);
  spec.controller.mapping = test::dram_mapping(of.mapping == "M1" ? "rochrababgco" : "rochrabacobg");
  return spec;
}

std::vector<DramRequest> dram_requests(const std::string& trace) {
  if (trace == "micro" || trace.starts_with("burst16_")) {
    return read_trace(trace);
  }
  const std::string kind = trace.substr(0, trace.find('_'));
  const std::size_t gap_at = trace.find("_gap");
  const DramCycle gap = gap_at == std::string::npos ? 0 : std::stol(trace.substr(gap_at + 4));
  const bool write = trace.find("_write") != std::string::npos;
  std::uint64_t x = 1;
  std::vector<DramRequest> requests;
  for (std::int64_t i = 0; i < (kind == "rowconf" ? 4000 : 20000); ++i) {
    x = 6364136223846793005U * x + 1442695040888963407U;
    const std::int64_t address = kind == "seq"       ? 64 * i
                                 : kind == "rand"    ? static_cast<std::int64_t>((x >> 33U) % (1U << 24U)) * 64
                                 : kind == "rowconf" ? 0x20000 * (i % 4096)
                                                     : 0x2000 * (i % 16) + 0x20000 * (i / 16);
    requests.push_back({gap * i, address, write});
  }
  return requests;
}

DramResult serve(const BankedDramSpec& spec, const std::vector<DramRequest>& requests) {
  BankedDram dram{spec};
  const std::vector<DramAccessTimes> times = serve_all(dram, requests);
  DramCycle last = 0;
  DramCycle from_arrival = 0;
  DramCycle from_accepted = 0;
  DramCycle least = times.front().done;
  DramCycle most = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const DramCycle latency = times[i].done - times[i].accepted;
    last = std::max(last, times[i].done);
    from_arrival += times[i].done - requests[i].arrival;
    from_accepted += latency;
    least = std::min(least, latency);
    most = std::max(most, latency);
  }
  const auto count = static_cast<double>(times.size());
  return {static_cast<double>(last), static_cast<double>(from_arrival) / count,
          static_cast<double>(from_accepted) / count, static_cast<double>(least), static_cast<double>(most)};
}

DramComparison compare(const DramCase& of) {
  return {of, serve(dram_spec(of), dram_requests(of.trace)), dramsim3_result(of), dramsys_result(of)};
}

}  // namespace crossweave::validation
