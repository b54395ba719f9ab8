#include "tests/validation/noc_reference.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "tests/support/networks.h"

namespace crossweave::validation {
namespace {

const std::filesystem::path kData = std::filesystem::path{CROSSWEAVE_SOURCE_DIR} / "tests/data/noc";
constexpr int kLongestPacket = 64;
constexpr NocCycle kWarmup = 4000;
constexpr NocCycle kLatencyCycles = 20000;
constexpr NocCycle kSaturationCycles = 40000;
/// Noxim notes a flit when the last router sends it to its endpoint; our endpoint has it a link and a cycle later.
constexpr NocCycle kEjection = 2;

/// The words of each line of a file, comments left out.
std::vector<std::vector<std::string>> lines_of(const std::filesystem::path& file, char separator) {
  std::ifstream stream{file};
  if (!stream) {
    throw std::runtime_error{"cannot read " + file.string()};
  }
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) {
      line.pop_back();
    }
    if (line.empty() || line.front() == '#') {
      continue;
    }
    std::vector<std::string>& words = lines.emplace_back();
    std::istringstream rest{line};
    for (std::string word; std::getline(rest, word, separator);) {
      words.push_back(word);
    }
  }
  return lines;
}

std::vector<OfferedPacket> read_trace(const std::string& name) {
  std::vector<OfferedPacket> packets;
  for (const std::vector<std::string>& words : lines_of(kData / name, ' ')) {
    packets.push_back({std::stol(words.at(0)), std::stoi(words.at(1)), std::stoi(words.at(2)), std::stoi(words.at(3))});
  }
  return packets;
}

/// What BookSim2 logged of a trace, in the trace's order.
struct Log {
  std::vector<OfferedPacket> packets;
  std::vector<PacketTimes> times;
};

Log read_log(const std::string& name) {
  Log log;
  for (const Row& row : noc_table(name)) {
    const auto packet = static_cast<std::size_t>(row.integer("pkt"));
    log.packets.resize(std::max(log.packets.size(), packet + 1));
    log.times.resize(log.packets.size());
    log.packets[packet] = {row.integer("t_create"), row.integer("src"), row.integer("dst"), row.integer("flits")};
    log.times[packet] = {row.integer("t_head_inject"), row.integer("t_head_eject"), row.integer("t_tail_eject")};
  }
  return log;
}

NocConfig mesh(NocModel model, int k, bool four_stages, int channels, int depth) {
  NocConfig config;
  config.model = model;
  config.columns = k;
  config.rows = k;
  config.router = four_stages ? NocRouter::four_stage : NocRouter::two_stage;
  config.virtual_channels = channels;
  config.depth = depth;
  config.max_packet = kLongestPacket;
  return config;
}

/// "k4_stream_L4_R1_vc1_d8.csv"
NocConfig network_of_log(const std::string& name, NocModel model) {
  const std::string file = std::filesystem::path{name}.filename().string();
  const auto number_after = [&file](const std::string& word) {
    return std::stoi(file.substr(file.rfind(word) + word.size()));
  };
  return mesh(model, number_after("k"), file.find("_R1_") != std::string::npos, number_after("_vc"),
              number_after("_d"));
}

bool has(NocModel model, const NocConfig& config) {
  return model == NocModel::flit || (config.router == NocRouter::two_stage && config.virtual_channels == 1);
}

std::vector<double> latencies(const std::vector<OfferedPacket>& packets, const std::vector<PacketTimes>& times) {
  std::vector<double> result;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    result.push_back(static_cast<double>(times[i].tail_ejected - packets[i].created));
  }
  return result;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return sum / static_cast<double>(values.size());
}

double percentile_95(std::vector<double> values) {
  std::ranges::sort(values);
  return values[(values.size() * 95 + 99) / 100 - 1];
}

/// Packets that do not meet.
std::vector<PacketTimes> without_contention(const RoutedNetwork& network, const std::vector<OfferedPacket>& packets) {
  std::vector<PacketTimes> times;
  for (const OfferedPacket& packet : packets) {
    const NocCycle latency = network.zero_load_latency(packet.source, packet.destination, packet.flits);
    times.push_back({packet.created, packet.created + latency - packet.flits + 1, packet.created + latency});
  }
  return times;
}

LogComparison compare(const std::string& name, const RoutedNetwork& network, const Log& log,
                      const std::vector<PacketTimes>& times) {
  LogComparison result{name, network.config(), log.packets.size(), 0, {}, {}, {}};
  for (std::size_t i = 0; i < times.size(); ++i) {
    const PacketTimes& theirs = log.times[i];
    result.equal += times[i].head_injected == theirs.head_injected && times[i].head_ejected == theirs.head_ejected &&
                            times[i].tail_ejected == theirs.tail_ejected
                        ? 1
                        : 0;
  }
  const std::vector<double> ours = latencies(log.packets, times);
  const std::vector<double> theirs = latencies(log.packets, log.times);
  const double law = mean(latencies(log.packets, without_contention(network, log.packets)));
  result.latency = {mean(theirs), mean(ours)};
  result.queueing = {result.latency.theirs - law, result.latency.ours - law};
  result.p95 = {percentile_95(theirs), percentile_95(ours)};
  return result;
}

TraceComparison compare_trace(const std::vector<OfferedPacket>& packets, const NocConfig& config, double latency,
                              double longest, double drained) {
  const auto network = make_routed_network(config);
  const std::vector<PacketTimes> times = send_all(*network, packets);
  const std::vector<double> ours = latencies(packets, times);
  const auto last = std::ranges::max(times, {}, &PacketTimes::tail_ejected);
  return {{latency, mean(ours)}, {longest, std::ranges::max(ours)}, {drained, static_cast<double>(last.tail_ejected)}};
}

SyntheticTraffic traffic(TrafficPattern pattern, int flits, double load, NocCycle cycles) {
  SyntheticTraffic result;
  result.pattern = pattern;
  result.rate = load;
  result.flits = flits;
  result.cycles = cycles;
  return result;
}

/// Counts what each endpoint takes after the warm-up. A packet's tag is its flits.
class Throughput final : public PacketListener {
 public:
  explicit Throughput(int endpoints) : taken(static_cast<std::size_t>(endpoints)) {}
  void left_source(std::uint64_t /*tag*/, NocCycle /*head*/, NocCycle /*tail*/) override {}
  void arrived(std::uint64_t flits, int destination, NocCycle /*head*/, NocCycle tail) override {
    taken[static_cast<std::size_t>(destination)] +=
        tail >= kWarmup ? static_cast<double>(flits) / static_cast<double>(kSaturationCycles - kWarmup) : 0;
  }
  std::vector<double> taken;  ///< flits a cycle
};

bool is_transpose(const Row& row) { return row.text("traffic") == "transpose"; }

/// What a row of booksim_curves.csv and one of booksim_saturation.csv have in common.
std::string key_of(const Row& row) {
  std::string key;
  for (const char* column : {"k", "router_cfg", "num_vcs", "vc_buf_size", "packet_flits", "traffic"}) {
    key += row.text(column) + ' ';
  }
  return key;
}

}  // namespace

std::vector<Row> noc_table(const std::string& name) {
  const auto lines = lines_of(kData / name, ',');
  std::vector<Row> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    std::map<std::string, std::string> values;
    for (std::size_t column = 0; column < lines[i].size(); ++column) {
      values[lines[0].at(column)] = lines[i][column];
    }
    rows.emplace_back(std::move(values));
  }
  return rows;
}

std::vector<Row> booksim_rows(const std::string& name, NocModel model) {
  std::vector<Row> rows = noc_table(name);
  std::erase_if(rows, [model](const Row& row) { return !has(model, booksim_network(row, model)); });
  return rows;
}

NocConfig booksim_network(const Row& row, NocModel model) {
  return mesh(model, row.integer("k"), row.text("router_cfg") == "R1", row.integer("num_vcs"),
              row.integer("vc_buf_size"));
}

std::vector<std::string> booksim_logs(const std::string& folder, NocModel model) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{kData / folder}) {
    const std::string name = folder + "/" + entry.path().filename().string();
    if (has(model, network_of_log(name, model))) {
      names.push_back(name);
    }
  }
  std::ranges::sort(names);
  return names;
}

LogComparison compare_log(const std::string& name, NocModel model) {
  const Log log = read_log(name);
  const auto network = make_routed_network(network_of_log(name, model));
  const std::vector<PacketTimes> times = send_all(*network, log.packets);
  return compare(name, *network, log, times);
}

LogComparison compare_without_contention(const std::string& name) {
  const Log log = read_log(name);
  const auto network = make_routed_network(network_of_log(name, NocModel::flit));
  return compare(name, *network, log, without_contention(*network, log.packets));
}

TraceComparison compare_micro(const Row& row, NocModel model) {
  return compare_trace(read_trace("traces/k4_" + row.text("case") + ".txt"), booksim_network(row, model),
                       row.real("avg_latency"), row.real("max_latency"), row.real("drain_cycle(last_tail_eject)"));
}

TraceComparison compare_replay(const Row& row, NocModel model) {
  return compare_trace(read_log("replay_packets/" + row.text("trace") + "_R2_vc1_d8.csv").packets,
                       booksim_network(row, model), row.real("avg_latency"), row.real("max_latency"),
                       row.real("last_tail_eject"));
}

TrafficPattern pattern_of(const Row& row) {
  static const std::map<std::string, TrafficPattern> kPatterns{{"uniform", TrafficPattern::uniform},
                                                               {"transpose", TrafficPattern::transpose},
                                                               {"neighbor", TrafficPattern::neighbour},
                                                               {"hotspot", TrafficPattern::hotspot}};
  return kPatterns.at(row.text("traffic"));
}

Compared compare_saturation(const Row& row, NocModel model) {
  const NocConfig config = booksim_network(row, model);
  const int flits = row.integer("packet_flits");
  const auto network = make_routed_network(config);
  Throughput accepted{network->endpoints()};
  for (const OfferedPacket& packet : generate(traffic(pattern_of(row), flits, 1, kSaturationCycles), config)) {
    if (packet.created > network->now()) {
      network->advance_to(packet.created - 1, accepted);
    }
    network->inject(
        {packet.source, packet.destination, packet.flits, MessageClass::data, static_cast<std::uint64_t>(packet.flits)},
        packet.created);
  }
  network->advance_to(kSaturationCycles - 1, accepted);
  network->check_conservation();
  if (is_transpose(row) && flits <= config.depth) {
    return {row.real("min_node_accepted"), std::ranges::min(accepted.taken)};
  }
  return {row.real("accepted_flits_per_node_cycle_at_offered_1"), mean(accepted.taken)};
}

double mean_latency(const NocConfig& network, TrafficPattern pattern, int flits, double load) {
  std::vector<OfferedPacket> packets = generate(traffic(pattern, flits, load, kLatencyCycles), network);
  std::vector<PacketTimes> times = send_all(*make_routed_network(network), packets);
  const auto warm =
      std::ranges::find_if(packets, [](const OfferedPacket& packet) { return packet.created >= kWarmup; });
  times.erase(times.begin(), times.begin() + (warm - packets.begin()));
  packets.erase(packets.begin(), warm);
  return mean(latencies(packets, times));
}

Compared compare_latency(const Row& row, NocModel model) {
  return {row.real("avg_packet_latency"),
          mean_latency(booksim_network(row, model), pattern_of(row), row.integer("packet_flits"),
                       row.real("offered_flits_per_node_cycle"))};
}

std::vector<CurvePoint> booksim_curve_points(NocModel model) {
  std::map<std::string, double> saturation;
  for (const Row& row : noc_table("booksim_saturation.csv")) {
    saturation[key_of(row)] =
        row.real(is_transpose(row) ? "min_node_accepted" : "accepted_flits_per_node_cycle_at_offered_1");
  }
  std::vector<CurvePoint> points;
  for (const Row& row : booksim_rows("booksim_curves.csv", model)) {
    if (row.integer("unstable") == 0) {
      points.push_back({row, row.real("offered_flits_per_node_cycle") / saturation.at(key_of(row))});
    }
  }
  return points;
}

NocConfig noxim_network(int depth) {
  NocConfig config = mesh(NocModel::flit, 4, false, 1, depth);
  config.router = NocRouter::one_stage;
  config.cycles_per_flit = 2;
  return config;
}

NoximComparison compare_noxim_micro(const Row& row) {
  const std::string& name = row.text("case");
  std::vector<OfferedPacket> packets;
  if (const std::string zero_load = "zeroload_h"; name.starts_with(zero_load)) {
    const int hops = std::stoi(name.substr(zero_load.size()));
    packets.push_back({0, 0, std::min(hops, 3) + 4 * std::max(hops - 3, 0), 0});
  } else {
    packets = read_trace("traces/k4_" + (name == "stream64" ? "stream" : name) + "_L4.txt");
  }
  for (OfferedPacket& packet : packets) {
    packet.flits = row.integer("L");
  }
  const std::vector<PacketTimes> times =
      send_all(*make_routed_network(noxim_network(row.integer("buffer_depth"))), packets);
  double head = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    head += static_cast<double>(times[i].head_ejected - kEjection - packets[i].created) /
            static_cast<double>(packets.size());
  }
  const auto last = std::ranges::max(times, {}, &PacketTimes::tail_ejected);
  return {{row.real("head_delay_avg(from_creation)"), head},
          {row.real("tail_last_arrival_rel_creation(drain)"), static_cast<double>(last.tail_ejected - kEjection)}};
}

NoximLoadComparison compare_noxim_load(const Row& row) {
  constexpr int kNodes = 16;
  constexpr int kHot = 5;
  constexpr NocCycle kNoximWarmup = 2000;
  constexpr NocCycle kNoximCycles = 12000;
  constexpr int kRuns = 10;
  const int flits = row.integer("packet_flits");
  const std::string& pattern = row.text("traffic");
  double delay = 0;
  double heads = 0;
  double taken = 0;
  for (int run = 1; run <= kRuns; ++run) {
    test::Random random{static_cast<std::uint64_t>(run)};
    const auto with_probability = [&random](double probability) {
      return static_cast<double>(random.next() >> 11U) * 0x1p-53 < probability;
    };
    const auto destination_of = [&](int source) {
      if (pattern == "transpose") {
        return source % 4 * 4 + source / 4;
      }
      if (pattern == "neighbor") {
        return (source / 4 + 1) % 4 * 4 + (source + 1) % 4;
      }
      if (pattern == "hotspot" && source != kHot && with_probability(0.2)) {
        return kHot;
      }
      const int other = random.between(0, kNodes - 2);
      return other + (other >= source ? 1 : 0);
    };
    std::vector<OfferedPacket> packets;
    for (NocCycle cycle = 0; cycle < kNoximCycles; ++cycle) {
      for (int source = 0; source < kNodes; ++source) {
        if (with_probability(row.real("pir_packets_per_node_cycle"))) {
          packets.push_back({cycle, source, destination_of(source), flits});
        }
      }
    }
    const std::vector<PacketTimes> times =
        send_all(*make_routed_network(noxim_network(row.integer("buffer_depth"))), packets);
    const auto counts = [](NocCycle at) { return at >= kNoximWarmup && at < kNoximCycles; };
    for (std::size_t i = 0; i < packets.size(); ++i) {
      if (const NocCycle head = times[i].head_ejected - kEjection; counts(head)) {
        delay += static_cast<double>(head - packets[i].created);
        ++heads;
      }
      taken += counts(times[i].tail_ejected - kEjection) ? flits : 0;
    }
  }
  return {{row.real("avg_head_delay_cycles"), delay / heads},
          {row.real("avg_throughput_flits_per_cycle_per_IP"),
           taken / (kRuns * static_cast<double>(kNoximCycles - kNoximWarmup) * kNodes)}};
}

}  // namespace crossweave::validation
