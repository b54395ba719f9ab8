#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "arch/banked_dram_yaml.h"
#include "frontend/commands/command.h"
#include "frontend/commands/command_line.h"
#include "frontend/commands/trace_line.h"
#include "frontend/report/text_table.h"
#include "models/dram_traffic.h"

namespace crossweave {
namespace {

constexpr DramCycle kMaxCycle = 1'000'000'000'000;
constexpr std::int64_t kMaxRequests = 10'000'000;

struct DramOptions {
  std::string device;
  std::vector<std::string> assignments;
  std::string stream{"sequential"};
  std::int64_t requests{20000};
  DramCycle gap{0};
  int writes{0};
  std::uint64_t seed{1};
  std::string trace;
  std::string out;
  bool json{false};
};

/// The `dram` mapping of an architecture with this device.
BankedDramSpec spec_of(const DramOptions& options, Diagnostics& problems) {
  const SourcePosition where{std::string{kCommandLine}, 0, 0};
  YamlNode device;
  device.kind = YamlNode::Kind::scalar;
  device.scalar = options.device;
  device.where = where;
  YamlNode dram;
  dram.kind = YamlNode::Kind::mapping;
  dram.where = where;
  dram.entries.push_back({"device", where, device});
  inline_dram_device(dram, load_yaml);
  for (const std::string& assignment : options.assignments) {
    if (const std::optional<Diagnostic> problem = apply_override(dram, assignment)) {
      problems.push_back(*problem);
    }
  }
  BankedDramSpec spec;
  read_keys(MapReader{dram, "", problems}, [&](Keys& keys) { list_keys(keys, spec); });
  return spec;
}

DramStream stream_of(const DramOptions& options, Diagnostics& problems) {
  DramStream stream;
  stream.pattern = choose<DramPattern>("--stream", options.stream, kDramPatternNames, problems);
  stream.requests = options.requests;
  stream.gap = options.gap;
  stream.writes_percent = options.writes;
  stream.seed = options.seed;
  if (stream.requests < 1 || stream.requests > kMaxRequests) {
    problems.push_back(
        problem_with(fmt::format("--requests: expected 1 to {}, got {}", kMaxRequests, stream.requests)));
  }
  if (stream.gap < 0 || stream.gap > kMaxCycle / kMaxRequests) {
    problems.push_back(
        problem_with(fmt::format("--gap: expected 0 to {} cycles, got {}", kMaxCycle / kMaxRequests, stream.gap)));
  }
  if (stream.writes_percent < 0 || stream.writes_percent > 100) {
    problems.push_back(problem_with(fmt::format("--writes: expected 0 to 100 %, got {}", stream.writes_percent)));
  }
  return stream;
}

std::vector<DramRequest> read_requests(const std::string& file, const BankedDramSpec& spec, Diagnostics& problems) {
  std::vector<DramRequest> requests;
  const std::int64_t capacity = spec.device.organization.capacity().count();
  DramCycle latest = 0;
  read_trace(file, "requests", "'address READ|WRITE cycle'", problems, [&](TraceLine& line) {
    DramRequest request;
    request.address = line.hexadecimal("address", 0, capacity - 1);
    request.write = line.either("operation", "WRITE", "READ");
    // Requests are taken in their order: the first that goes back in time is a slip.
    request.arrival = line.number("cycle", latest, kMaxCycle);
    line.end();
    latest = request.arrival;
    requests.push_back(request);
  });
  return requests;
}

/// Of the reads, or of the writes; in cycles.
struct LatencyFigures {
  std::size_t requests{0};
  double mean{0};           ///< from arrival
  double mean_accepted{0};  ///< from acceptance by the controller
  DramCycle least{0};
  DramCycle most{0};
  DramCycle percentile_95{0};
};

struct DramFigures {
  LatencyFigures reads;
  LatencyFigures writes;
  DramCycle finished{0};  ///< cycles until the last was done
  double bandwidth{0};    ///< in bytes a second, until then
  double peak_share{0};   ///< of what the bus can carry
};

LatencyFigures latency_of(bool writes, const std::vector<DramRequest>& requests,
                          const std::vector<DramAccessTimes>& times) {
  LatencyFigures figures;
  std::vector<DramCycle> latencies;
  DramCycle sum = 0;
  DramCycle sum_accepted = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].write == writes) {
      latencies.push_back(times[i].done - requests[i].arrival);
      sum += latencies.back();
      sum_accepted += times[i].done - times[i].accepted;
    }
  }
  if (latencies.empty()) {
    return figures;
  }
  std::ranges::sort(latencies);
  const auto count = static_cast<double>(latencies.size());
  figures.requests = latencies.size();
  figures.mean = static_cast<double>(sum) / count;
  figures.mean_accepted = static_cast<double>(sum_accepted) / count;
  figures.least = latencies.front();
  figures.most = latencies.back();
  figures.percentile_95 = latencies[(latencies.size() * 95 + 99) / 100 - 1];
  return figures;
}

DramFigures figures_of(const BankedDramSpec& spec, const std::vector<DramRequest>& requests,
                       const std::vector<DramAccessTimes>& times) {
  DramFigures figures;
  figures.reads = latency_of(false, requests, times);
  figures.writes = latency_of(true, requests, times);
  for (const DramAccessTimes& access : times) {
    figures.finished = std::max(figures.finished, access.done);
  }
  const auto bytes =
      static_cast<double>(requests.size()) * static_cast<double>(spec.device.organization.burst().count());
  const double seconds = static_cast<double>(figures.finished) / static_cast<double>(spec.device.clock.count_hz());
  figures.bandwidth = bytes / seconds;
  figures.peak_share = figures.bandwidth / static_cast<double>(spec.device.peak().count_bytes_per_second());
  return figures;
}

nlohmann::ordered_json as_json(const LatencyFigures& figures) {
  if (figures.requests == 0) {
    return {{"requests", 0}};
  }
  return {{"requests", figures.requests},
          {"mean_latency_cycles", figures.mean},
          {"mean_latency_from_acceptance_cycles", figures.mean_accepted},
          {"min_latency_cycles", figures.least},
          {"max_latency_cycles", figures.most},
          {"p95_latency_cycles", figures.percentile_95}};
}

std::string as_json(const BankedDramSpec& spec, const DramCounts& counts, const DramFigures& figures) {
  nlohmann::ordered_json json;
  json["device"] = {{"name", spec.device.name},
                    {"clock_hz", spec.device.clock.count_hz()},
                    {"burst_bytes", spec.device.organization.burst().count()},
                    {"peak_bytes_per_second", spec.device.peak().count_bytes_per_second()}};
  json["mapping"] = to_string(spec.controller.mapping);
  json["finished_cycles"] = figures.finished;
  json["bandwidth_bytes_per_second"] = figures.bandwidth;
  json["peak_share"] = figures.peak_share;
  json["reads"] = as_json(figures.reads);
  json["writes"] = as_json(figures.writes);
  json["row_hits"] = counts.row_hits;
  json["row_closed"] = counts.row_closed;
  json["row_conflicts"] = counts.row_conflicts;
  json["forwarded"] = counts.forwarded;
  json["commands"] = {{"read", counts.reads},
                      {"write", counts.writes},
                      {"activate", counts.activates},
                      {"precharge", counts.precharges},
                      {"refresh", counts.refreshes}};
  return json.dump(2) + "\n";
}

std::string as_text(const BankedDramSpec& spec, const DramCounts& counts, const DramFigures& figures) {
  std::vector<std::vector<std::string>> rows{{"", "Requests", "Mean", "From acceptance", "Least", "95 %", "Most"}};
  for (const auto& [name, of] : {std::pair{"reads", &figures.reads}, std::pair{"writes", &figures.writes}}) {
    if (of->requests > 0) {
      rows.push_back({name, std::to_string(of->requests), fixed(of->mean, 2), fixed(of->mean_accepted, 2),
                      std::to_string(of->least), std::to_string(of->percentile_95), std::to_string(of->most)});
    }
  }
  using enum Align;
  return fmt::format(
      "{} requests of {} B on {}; all were done after {} cycles = {} us\n"
      "bandwidth {} GB/s, {} % of the peak of {} GB/s\n"
      "rows {} hits, {} closed, {} conflicts; {} bursts read from the write queue\n"
      "commands {} reads, {} writes, {} activates, {} precharges, {} refreshes\n\n"
      "Latency in cycles\n{}",
      figures.reads.requests + figures.writes.requests, spec.device.organization.burst().count(), spec.device.name,
      figures.finished,
      fixed(static_cast<double>(figures.finished) / static_cast<double>(spec.device.clock.count_hz()) * 1e6, 3),
      fixed(figures.bandwidth / 1e9, 3), fixed(figures.peak_share * 100, 1),
      fixed(static_cast<double>(spec.device.peak().count_bytes_per_second()) / 1e9, 3), counts.row_hits,
      counts.row_closed, counts.row_conflicts, counts.forwarded, counts.reads, counts.writes, counts.activates,
      counts.precharges, counts.refreshes, text_table(rows, {left, right, right, right, right, right, right}));
}

std::string as_csv(const std::vector<DramRequest>& requests, const std::vector<DramAccessTimes>& times) {
  std::ostringstream csv;
  csv << "request,arrival,address,operation,accepted,done,latency\n";
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const DramRequest& request = requests[i];
    csv << i << ',' << request.arrival << ',' << fmt::format("{:#x}", request.address) << ','
        << (request.write ? "WRITE" : "READ") << ',' << times[i].accepted << ',' << times[i].done << ','
        << times[i].done - request.arrival << '\n';
  }
  return std::move(csv).str();
}

int dram(const DramOptions& options) {
  Diagnostics problems;
  const BankedDramSpec spec = spec_of(options, problems);
  std::vector<DramRequest> requests;
  if (options.trace.empty()) {
    const DramStream stream = stream_of(options, problems);
    if (problems.empty()) {
      requests = generate(stream, spec);
    }
  } else if (problems.empty()) {  // the device says which addresses there are
    requests = read_requests(options.trace, spec, problems);
  }
  if (!problems.empty()) {
    return report(problems);
  }
  ReservedFile csv{options.out, problems};
  if (!problems.empty()) {
    return report(problems);
  }
  BankedDram channel{spec};
  const std::vector<DramAccessTimes> times = serve_all(channel, requests);
  if (csv.wanted() && !csv.write(as_csv(requests, times), problems)) {
    return report(problems);
  }
  const DramFigures figures = figures_of(spec, requests, times);
  std::cout << (options.json ? as_json(spec, channel.counts(), figures) : as_text(spec, channel.counts(), figures));
  return kExitDone;
}

}  // namespace

std::function<int()> declare_dram(CLI::App& app) {
  auto options = std::make_shared<DramOptions>();
  app.add_option("DEVICE.yaml", options->device, "The device, such as configs/dram/ddr4-2400.yaml")->required();
  app.add_option("--set", options->assignments,
                 "Override a key by its dotted path, of the controller (--set mapping=rochrabacobg) or of the device "
                 "(--set device.timing.tCL=18); repeatable")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  CLI::Option* const trace =
      app.add_option("--trace", options->trace, "Requests from a file, 'address READ|WRITE cycle' a line")
          ->type_name("FILE");
  const auto synthetic = [&app, trace](const char* name, auto& value, const char* description) {
    return app.add_option(name, value, description)->excludes(trace);
  };
  synthetic("--stream", options->stream,
            "Without a trace: sequential, random, row-conflict, bank-round-robin or streams (default: sequential)")
      ->type_name("NAME");
  synthetic("--requests", options->requests, "How many, of one burst each (default: 20000)");
  synthetic("--gap", options->gap, "Cycles from one request to the next (default: 0, as soon as there is room)");
  synthetic("--writes", options->writes, "Of them, in percent, spread evenly (default: 0)");
  synthetic("--seed", options->seed, "Of random addresses (default: 1)");
  app.add_option("--out", options->out, "Write the times of each request, as CSV")->type_name("FILE");
  app.add_flag("--json", options->json, "The figures as JSON");
  return [options] { return dram(*options); };
}

}  // namespace crossweave
