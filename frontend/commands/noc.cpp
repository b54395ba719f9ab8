#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "frontend/commands/command.h"
#include "frontend/commands/command_line.h"
#include "frontend/commands/trace_line.h"
#include "frontend/report/text_table.h"
#include "models/noc_traffic.h"
#include "models/routed_network.h"

namespace crossweave {
namespace {

constexpr NocCycle kMaxCycle = 1'000'000'000'000;
constexpr double kMaxPackets = 5e7;
constexpr std::size_t kLinksShown = 8;

struct NocOptions {
  std::string model{"packet"};
  std::string topology{"mesh"};
  std::string size{"4x4"};
  std::optional<int> concentration;
  std::optional<int> vcs;
  std::string routing{"xy"};
  int depth{8};
  int max_packet{8};
  std::optional<int> pipeline;
  std::optional<std::string> router;
  std::optional<int> cycles_per_flit;
  int link{1};
  std::string traffic{"uniform"};
  double rate{0.1};
  int packet{4};
  NocCycle cycles{10000};
  std::uint64_t seed{1};
  std::string trace;
  std::string out;
  bool json{false};
};

/// "COLUMNSxROWS" into the network.
void set_size(const std::string& text, NocConfig& config, Diagnostics& problems) {
  const char* const end = text.data() + text.size();
  const auto [after_columns, bad_columns] = std::from_chars(text.data(), end, config.columns);
  if (bad_columns == std::errc{} && after_columns != end && *after_columns == 'x') {
    const auto [after_rows, bad_rows] = std::from_chars(after_columns + 1, end, config.rows);
    if (bad_rows == std::errc{} && after_rows == end) {
      return;
    }
  }
  problems.push_back(problem_with("--size: expected COLUMNSxROWS, such as 4x4, got '" + text + "'"));
}

/// Which of the networks --model names; both have routers, an `ideal` one has not.
NocModel model_of(const NocOptions& options, Diagnostics& problems) {
  static constexpr std::array<NocModel, 2> kModels{NocModel::packet, NocModel::flit};
  static constexpr std::array<std::string_view, 2> kNames{"packet", "flit"};
  return kModels.at(choose<std::size_t>("--model", options.model, kNames, problems));
}

/// The options that only one of the networks has.
void set_model_options(const NocOptions& options, NocConfig& config, Diagnostics& problems) {
  if (config.model == NocModel::packet) {
    config.pipeline = options.pipeline.value_or(config.pipeline);
    for (const auto& [name, given] : {std::pair{"--router", options.router.has_value()},
                                      std::pair{"--cycles-per-flit", options.cycles_per_flit.has_value()}}) {
      if (given) {
        problems.push_back(problem_with(std::string{name} + ": only with --model flit"));
      }
    }
    return;
  }
  if (options.pipeline) {
    problems.push_back(problem_with("--pipeline: only with --model packet; --router names that of --model flit"));
  }
  if (options.router) {
    config.router = choose<NocRouter>("--router", *options.router, kNocRouterNames, problems);
  }
  config.cycles_per_flit = options.cycles_per_flit.value_or(config.cycles_per_flit);
}

NocConfig network_of(const NocOptions& options, Diagnostics& problems) {
  NocConfig config;
  config.model = model_of(options, problems);
  config.topology = choose<NocTopology>("--topology", options.topology, kNocTopologyNames, problems);
  config.routing = choose<NocRouting>("--routing", options.routing, kNocRoutingNames, problems);
  set_size(options.size, config, problems);
  config.concentration = options.concentration.value_or(config.topology == NocTopology::cmesh ? 4 : 1);
  config.virtual_channels = options.vcs.value_or(fewest_virtual_channels(config.topology));
  config.depth = options.depth;
  config.max_packet = options.max_packet;
  config.link = options.link;
  if (problems.empty()) {
    set_model_options(options, config, problems);
  }
  if (const std::optional<Failure> failure = why_not_a_network(config); failure && problems.empty()) {
    problems.push_back(problem_with(failure->message));
  }
  return config;
}

int endpoints_of(const NocConfig& config) { return config.columns * config.rows * config.concentration; }

SyntheticTraffic traffic_of(const NocOptions& options, const NocConfig& config, Diagnostics& problems) {
  SyntheticTraffic traffic;
  traffic.pattern = choose<TrafficPattern>("--traffic", options.traffic, kTrafficPatternNames, problems);
  traffic.rate = options.rate;
  traffic.flits = options.packet;
  traffic.cycles = options.cycles;
  traffic.seed = options.seed;
  if (traffic.pattern == TrafficPattern::transpose && config.columns != config.rows) {
    problems.push_back(problem_with("--traffic: transpose needs as many columns as rows, got " + options.size));
  }
  if (!(traffic.rate > 0 && traffic.rate <= 1)) {
    problems.push_back(problem_with(
        fmt::format("--rate: expected flits per endpoint and cycle, above 0 and up to 1, got {}", traffic.rate)));
  }
  if (traffic.flits < 1 || traffic.flits > config.max_packet) {
    problems.push_back(problem_with(
        fmt::format("--packet: expected 1 to {} flits (--max-packet), got {}", config.max_packet, traffic.flits)));
  }
  if (traffic.cycles < 1 || traffic.cycles > kMaxCycle) {
    problems.push_back(problem_with(fmt::format("--cycles: expected 1 to {}, got {}", kMaxCycle, traffic.cycles)));
  }
  if (problems.empty() &&
      traffic.rate / traffic.flits * static_cast<double>(traffic.cycles) * static_cast<double>(endpoints_of(config)) >
          kMaxPackets) {
    problems.push_back(problem_with(
        fmt::format("--cycles: this would be more than {} packets in all", static_cast<std::int64_t>(kMaxPackets))));
  }
  return traffic;
}

std::vector<OfferedPacket> read_packets(const std::string& file, const NocConfig& config, Diagnostics& problems) {
  std::vector<OfferedPacket> packets;
  const int endpoints = endpoints_of(config);
  read_trace(file, "packets", "'t src dst flits'", problems, [&](TraceLine& line) {
    OfferedPacket packet;
    packet.created = line.number("t", 0, kMaxCycle);
    packet.source = static_cast<int>(line.number("src", 0, endpoints - 1));
    packet.destination = static_cast<int>(line.number("dst", 0, endpoints - 1));
    packet.flits = static_cast<int>(line.number("flits", 1, config.max_packet));
    line.end();
    packets.push_back(packet);
  });
  return packets;
}

/// The figures of a run.
struct NocFigures {
  std::size_t packets{0};
  NocCycle cycles{0};    ///< during which packets were offered
  NocCycle finished{0};  ///< cycles until the last tail was taken
  double mean_latency{0};
  double mean_queueing{0};  ///< of the latency, what is not the zero-load law
  NocCycle max_latency{0};
  double offered{0};     ///< flits per endpoint and cycle
  double throughput{0};  ///< of packets taken within `cycles`, likewise
};

NocFigures figures_of(const RoutedNetwork& network, const std::vector<OfferedPacket>& packets,
                      const std::vector<PacketTimes>& times, std::optional<NocCycle> cycles) {
  NocFigures figures;
  figures.packets = packets.size();
  for (const PacketTimes& packet : times) {
    figures.finished = std::max(figures.finished, packet.tail_ejected + 1);
  }
  figures.cycles = cycles.value_or(figures.finished);
  std::int64_t latency = 0;
  std::int64_t law = 0;
  std::int64_t offered = 0;
  std::int64_t taken = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const OfferedPacket& packet = packets[i];
    latency += times[i].tail_ejected - packet.created;
    law += network.zero_load_latency(packet.source, packet.destination, packet.flits);
    figures.max_latency = std::max(figures.max_latency, times[i].tail_ejected - packet.created);
    offered += packet.flits;
    taken += times[i].tail_ejected < figures.cycles ? packet.flits : 0;
  }
  const auto count = static_cast<double>(std::max<std::size_t>(packets.size(), 1));
  const double endpoint_cycles = static_cast<double>(figures.cycles) * network.endpoints();
  figures.mean_latency = static_cast<double>(latency) / count;
  figures.mean_queueing = static_cast<double>(latency - law) / count;
  figures.offered = static_cast<double>(offered) / endpoint_cycles;
  figures.throughput = static_cast<double>(taken) / endpoint_cycles;
  return figures;
}

std::string_view side_name(RouterSide side) {
  static constexpr std::array<std::string_view, 5> kNames{"east", "west", "south", "north", "endpoint"};
  return kNames.at(static_cast<std::size_t>(side));
}

double load_of(const NocLink& link, const NocFigures& figures) {
  return static_cast<double>(link.flits) / static_cast<double>(std::max<NocCycle>(figures.finished, 1));
}

std::string as_json(const RoutedNetwork& network, const NocFigures& figures) {
  const NocConfig& config = network.config();
  nlohmann::ordered_json json;
  json["network"] = {{"model", kNocModelNames.at(static_cast<std::size_t>(config.model))},
                     {"topology", kNocTopologyNames.at(static_cast<std::size_t>(config.topology))},
                     {"columns", config.columns},
                     {"rows", config.rows},
                     {"concentration", config.concentration},
                     {"virtual_channels", config.virtual_channels},
                     {"routing", kNocRoutingNames.at(static_cast<std::size_t>(config.routing))},
                     {"depth", config.depth},
                     {"max_packet", config.max_packet}};
  if (config.model == NocModel::packet) {
    json["network"]["pipeline"] = config.pipeline;
  } else {
    json["network"]["router"] = kNocRouterNames.at(static_cast<std::size_t>(config.router));
    json["network"]["cycles_per_flit"] = config.cycles_per_flit;
  }
  json["network"]["link"] = config.link;
  json["packets"] = figures.packets;
  json["flits"] = network.flits().injected;
  json["packet_hops"] = network.packet_hops();
  json["cycles"] = figures.cycles;
  json["finished_cycles"] = figures.finished;
  json["mean_latency_cycles"] = figures.mean_latency;
  json["mean_queueing_cycles"] = figures.mean_queueing;
  json["max_latency_cycles"] = figures.max_latency;
  json["offered_flits_per_endpoint_cycle"] = figures.offered;
  json["throughput_flits_per_endpoint_cycle"] = figures.throughput;
  json["links"] = nlohmann::ordered_json::array();
  for (const NocLink& link : network.links()) {
    nlohmann::ordered_json entry{{"router", link.router}, {"side", side_name(link.side)}};
    if (link.side == RouterSide::local) {
      entry["endpoint"] = link.endpoint;
    }
    entry["flits"] = link.flits;
    entry["load"] = load_of(link, figures);
    json["links"].push_back(std::move(entry));
  }
  return json.dump(2) + "\n";
}

std::string as_text(const RoutedNetwork& network, const NocFigures& figures) {
  std::vector<NocLink> links = network.links();
  double mean_load = 0;
  for (const NocLink& link : links) {
    mean_load += load_of(link, figures) / static_cast<double>(links.size());
  }
  std::ranges::stable_sort(links, std::ranges::greater{}, &NocLink::flits);
  links.resize(std::min(links.size(), kLinksShown));
  std::vector<std::vector<std::string>> rows{{"Router (x, y)", "Towards", "Flits", "Flits/cycle"}};
  for (const NocLink& link : links) {
    const int columns = network.config().columns;
    rows.push_back(
        {fmt::format("({}, {})", link.router % columns, link.router / columns),
         link.side == RouterSide::local ? fmt::format("endpoint {}", link.endpoint) : std::string{side_name(link.side)},
         std::to_string(link.flits), fixed(load_of(link, figures), 4)});
  }
  using enum Align;
  return fmt::format(
      "{} packets, {} flits; all had arrived after {} cycles\n"
      "mean latency {} cycles, of which {} waiting; longest {}\n"
      "offered {}, throughput {} flits per endpoint and cycle over {} cycles\n\n"
      "The busiest links (mean of all: {} flits/cycle)\n{}",
      figures.packets, network.flits().injected, figures.finished, fixed(figures.mean_latency, 2),
      fixed(figures.mean_queueing, 2), figures.max_latency, fixed(figures.offered, 4), fixed(figures.throughput, 4),
      figures.cycles, fixed(mean_load, 4), text_table(rows, {left, left, right, right}));
}

std::string as_csv(const RoutedNetwork& network, const std::vector<OfferedPacket>& packets,
                   const std::vector<PacketTimes>& times) {
  std::ostringstream csv;
  csv << "packet,created,source,destination,flits,routers,head_injected,head_ejected,tail_ejected,latency\n";
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const OfferedPacket& packet = packets[i];
    csv << i << ',' << packet.created << ',' << packet.source << ',' << packet.destination << ',' << packet.flits << ','
        << network.routers_between(packet.source, packet.destination) << ',' << times[i].head_injected << ','
        << times[i].head_ejected << ',' << times[i].tail_ejected << ',' << times[i].tail_ejected - packet.created
        << '\n';
  }
  return std::move(csv).str();
}

int noc(const NocOptions& options) {
  Diagnostics problems;
  const NocConfig config = network_of(options, problems);
  if (!problems.empty()) {
    return report(problems);
  }
  std::vector<OfferedPacket> packets;
  std::optional<NocCycle> cycles;
  if (!options.trace.empty()) {
    packets = read_packets(options.trace, config, problems);
  } else if (const SyntheticTraffic traffic = traffic_of(options, config, problems); problems.empty()) {
    packets = generate(traffic, config);
    cycles = traffic.cycles;
  }
  if (!problems.empty()) {
    return report(problems);
  }
  ReservedFile csv{options.out, problems};
  if (!problems.empty()) {
    return report(problems);
  }
  const std::unique_ptr<RoutedNetwork> network = make_routed_network(config);
  const std::vector<PacketTimes> times = send_all(*network, packets);
  if (csv.wanted() && !csv.write(as_csv(*network, packets, times), problems)) {
    return report(problems);
  }
  const NocFigures figures = figures_of(*network, packets, times, cycles);
  std::cout << (options.json ? as_json(*network, figures) : as_text(*network, figures));
  return kExitDone;
}

}  // namespace

std::function<int()> declare_noc(CLI::App& app) {
  auto options = std::make_shared<NocOptions>();
  app.add_option("--model", options->model, "packet, or flit: cycle by cycle (default: packet)")->type_name("NAME");
  app.add_option("--topology", options->topology, "mesh, torus or cmesh (default: mesh)")->type_name("NAME");
  app.add_option("--size", options->size, "Columns and rows of routers (default: 4x4)")->type_name("CxR");
  app.add_option("--concentration", options->concentration, "Endpoints of a router (default: 1; cmesh: 4)");
  app.add_option("--vcs", options->vcs,
                 "Virtual channels of a message class (default: 1; torus: 2; others with --model flit)");
  app.add_option("--routing", options->routing, "xy or yx: the dimension that comes first (default: xy)")
      ->type_name("NAME");
  app.add_option("--depth", options->depth, "Flits that the buffer of a virtual channel holds (default: 8)");
  app.add_option("--max-packet", options->max_packet, "Flits of the longest packet that is taken (default: 8)");
  app.add_option("--link", options->link, "Cycles on a link (default: 1)");
  app.add_option("--pipeline", options->pipeline, "With --model packet: cycles in a router (default: 2)");
  app.add_option("--router", options->router,
                 "With --model flit: one_stage, two_stage or four_stage (default: two_stage)")
      ->type_name("NAME");
  app.add_option("--cycles-per-flit", options->cycles_per_flit,
                 "With --model flit: cycles from one flit on a channel to the next (default: 1)");
  CLI::Option* const trace =
      app.add_option("--trace", options->trace, "Packets from a file, 't src dst flits' a line")->type_name("FILE");
  const auto synthetic = [&app, trace](const char* name, auto& value, const char* description) {
    return app.add_option(name, value, description)->excludes(trace);
  };
  synthetic("--traffic", options->traffic,
            "Without a trace: uniform, transpose, neighbour, hotspot or bit-complement (default: uniform)")
      ->type_name("NAME");
  synthetic("--rate", options->rate, "Flits that an endpoint offers a cycle (default: 0.1)");
  synthetic("--packet", options->packet, "Flits of a packet, its header included (default: 4)");
  synthetic("--cycles", options->cycles, "Cycles in which packets are offered (default: 10000)");
  synthetic("--seed", options->seed, "Of the traffic (default: 1)");
  app.add_option("--out", options->out, "Write the times of each packet, as CSV")->type_name("FILE");
  app.add_flag("--json", options->json, "The figures as JSON, with all links");
  return [options] { return noc(*options); };
}

}  // namespace crossweave
