// Does the packet network behave as BookSim2 says that a network of 2-stage routers does? (tests/data/noc/README.md)
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/noc_traffic.h"
#include "models/packet_network.h"

namespace crossweave {
namespace {

const std::filesystem::path kData = std::filesystem::path{CROSSWEAVE_SOURCE_DIR} / "tests/data/noc";

NocConfig mesh(int k, int depth) {
  NocConfig config;
  config.columns = k;
  config.rows = k;
  config.depth = depth;
  config.max_packet = 64;
  return config;
}

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

/// A table with a heading, row by row.
std::vector<std::map<std::string, std::string>> table(const std::string& name) {
  const auto lines = lines_of(kData / name, ',');
  std::vector<std::map<std::string, std::string>> rows;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    for (std::size_t column = 0; column < lines[i].size(); ++column) {
      (column == 0 ? rows.emplace_back() : rows.back())[lines[0].at(column)] = lines[i][column];
    }
  }
  return rows;
}

/// Those of a table that we model: 2-stage routers with one virtual channel.
std::vector<std::map<std::string, std::string>> modelled_rows(const std::string& name) {
  std::vector<std::map<std::string, std::string>> rows = table(name);
  std::erase_if(rows, [](auto& row) { return row["router_cfg"] != "R2" || row["num_vcs"] != "1"; });
  return rows;
}

/// What BookSim logged of a trace, in the trace's order.
struct Logged {
  std::vector<OfferedPacket> packets;
  std::vector<PacketTimes> times;
};

Logged read_log(const std::string& name) {
  Logged logged;
  for (std::map<std::string, std::string>& row : table(name)) {
    const std::size_t packet = std::stoul(row["pkt"]);
    logged.packets.resize(std::max(logged.packets.size(), packet + 1));
    logged.times.resize(logged.packets.size());
    logged.packets[packet] = {std::stol(row["t_create"]), std::stoi(row["src"]), std::stoi(row["dst"]),
                              std::stoi(row["flits"])};
    logged.times[packet] = {std::stol(row["t_head_inject"]), std::stol(row["t_head_eject"]),
                            std::stol(row["t_tail_eject"])};
  }
  return logged;
}

std::vector<OfferedPacket> read_trace(const std::string& name) {
  std::vector<OfferedPacket> packets;
  for (const std::vector<std::string>& words : lines_of(kData / name, ' ')) {
    packets.push_back({std::stol(words.at(0)), std::stoi(words.at(1)), std::stoi(words.at(2)), std::stoi(words.at(3))});
  }
  return packets;
}

/// Packets of which all three times are BookSim's.
std::size_t count_same(const std::vector<PacketTimes>& ours, const std::vector<PacketTimes>& theirs) {
  std::size_t same = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    same += ours[i].head_injected == theirs[i].head_injected && ours[i].head_ejected == theirs[i].head_ejected &&
                    ours[i].tail_ejected == theirs[i].tail_ejected
                ? 1
                : 0;
  }
  return same;
}

double mean_latency(const std::vector<OfferedPacket>& packets, const std::vector<PacketTimes>& times) {
  NocCycle sum = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    sum += times[i].tail_ejected - packets[i].created;
  }
  return static_cast<double>(sum) / static_cast<double>(packets.size());
}

/// The latency of the law, for each packet: a network in which packets do not meet.
std::vector<PacketTimes> without_contention(const RoutedNetwork& network, const std::vector<OfferedPacket>& packets) {
  std::vector<PacketTimes> times;
  for (const OfferedPacket& packet : packets) {
    const NocCycle latency = network.zero_load_latency(packet.source, packet.destination, packet.flits);
    times.push_back({packet.created, packet.created + latency - packet.flits + 1, packet.created + latency});
  }
  return times;
}

/// Whether the mean queueing delay, which is latency minus the law, is within 25 % of BookSim's.
bool queueing_agrees(const RoutedNetwork& network, const Logged& reference, const std::vector<PacketTimes>& times) {
  const double law = mean_latency(reference.packets, without_contention(network, reference.packets));
  const double theirs = mean_latency(reference.packets, reference.times) - law;
  const double ours = mean_latency(reference.packets, times) - law;
  UNSCOPED_INFO("mean queueing: ours " << ours << ", BookSim2 " << theirs);
  return std::abs(ours - theirs) <= 0.25 * theirs;
}

class Throughput final : public PacketListener {
 public:
  Throughput(int endpoints, NocCycle from) : taken(static_cast<std::size_t>(endpoints)), from_{from} {}
  void left_source(std::uint64_t /*tag*/, NocCycle /*head*/, NocCycle /*tail*/) override {}
  void arrived(std::uint64_t flits, int destination, NocCycle /*head*/, NocCycle tail) override {
    taken[static_cast<std::size_t>(destination)] += tail >= from_ ? static_cast<double>(flits) : 0;
  }
  std::vector<double> taken;  ///< flits, by endpoint

 private:
  NocCycle from_;
};

}  // namespace

TEST_CASE("each packet of the micro cases has the times of BookSim2", "[noc]") {
  std::vector<std::string> logs;
  for (const auto& entry : std::filesystem::directory_iterator{kData / "micro_packets"}) {
    logs.push_back(entry.path().filename().string());
  }
  std::ranges::sort(logs);
  REQUIRE(logs.size() == 78);
  for (const std::string& log : logs) {
    INFO(log);
    const Logged reference = read_log("micro_packets/" + log);
    PacketNetwork network{mesh(4, log.ends_with("_d8.csv") ? 8 : 4)};
    CHECK(count_same(send_all(network, reference.packets), reference.times) == reference.packets.size());
  }
}

TEST_CASE("the micro cases drain as in BookSim2, whatever the depth", "[noc]") {
  const auto rows = modelled_rows("booksim_micro.csv");
  REQUIRE(rows.size() == 141);
  for (auto row : rows) {
    INFO(row["case"] << " depth " << row["vc_buf_size"]);
    const std::vector<OfferedPacket> packets = read_trace("traces/k4_" + row["case"] + ".txt");
    PacketNetwork network{mesh(4, std::stoi(row["vc_buf_size"]))};
    const std::vector<PacketTimes> times = send_all(network, packets);
    const auto last = std::ranges::max(times, {}, &PacketTimes::tail_ejected);
    CHECK(last.tail_ejected == std::stol(row["drain_cycle(last_tail_eject)"]));
    CHECK(mean_latency(packets, times) == Approx(std::stod(row["avg_latency"])).epsilon(1e-5));  // 6 digits are given
  }
}

TEST_CASE("packets of random traces wait as long as in BookSim2", "[noc]") {
  for (const auto& [trace, k] :
       {std::pair{"k4_transpose_L4_r0.12", 4}, std::pair{"k4_uniform_L1_r0.2", 4}, std::pair{"k4_uniform_L4_r0.2", 4},
        std::pair{"k4_uniform_L8_r0.3", 4}, std::pair{"k8_uniform_L4_r0.1", 8}}) {
    INFO(trace);
    const Logged reference = read_log("replay_packets/" + std::string{trace} + "_R2_vc1_d8.csv");
    PacketNetwork network{mesh(k, 8)};
    const std::vector<PacketTimes> times = send_all(network, reference.packets);
    CHECK(queueing_agrees(network, reference, times));
    CHECK(count_same(times, reference.times) == reference.packets.size());
    // The control: what agrees without contention would prove nothing.
    CHECK_FALSE(queueing_agrees(network, reference, without_contention(network, reference.packets)));
    // The same packets through buffers of 4, which those of 8 flits do not fit.
    for (auto row : modelled_rows("booksim_replay.csv")) {
      if (row["trace"] == trace && row["vc_buf_size"] == "4") {
        PacketNetwork shallow{mesh(k, 4)};
        const double ours = mean_latency(reference.packets, send_all(shallow, reference.packets));
        CHECK(ours == Approx(std::stod(row["avg_latency"])).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("the network saturates where BookSim2 does", "[noc][slow]") {
  const std::map<std::string, TrafficPattern> patterns{{"uniform", TrafficPattern::uniform},
                                                       {"transpose", TrafficPattern::transpose},
                                                       {"neighbor", TrafficPattern::neighbour},
                                                       {"hotspot", TrafficPattern::hotspot}};
  constexpr NocCycle kWarmup = 4000;
  const auto rows = modelled_rows("booksim_saturation.csv");
  REQUIRE(rows.size() == 20);
  for (auto row : rows) {
    const NocConfig config = mesh(std::stoi(row["k"]), std::stoi(row["vc_buf_size"]));
    SyntheticTraffic traffic;
    traffic.pattern = patterns.at(row["traffic"]);
    traffic.rate = 1;
    traffic.flits = std::stoi(row["packet_flits"]);
    traffic.cycles = 20000;
    PacketNetwork network{config};
    Throughput accepted{network.endpoints(), kWarmup};
    for (const OfferedPacket& packet : generate(traffic, config)) {
      if (packet.created > network.now()) {
        network.advance_to(packet.created - 1, accepted);
      }
      network.inject({packet.source, packet.destination, packet.flits, MessageClass::data,
                      static_cast<std::uint64_t>(packet.flits)},
                     packet.created);
    }
    network.advance_to(traffic.cycles - 1, accepted);
    network.check_conservation();
    // Under transpose the nodes of the diagonal send to themselves; the others tell of the network.
    const bool least = row["traffic"] == "transpose";
    double ours = 0;
    for (const double flits : accepted.taken) {
      ours += flits / network.endpoints();
    }
    ours = (least ? std::ranges::min(accepted.taken) : ours) / static_cast<double>(traffic.cycles - kWarmup);
    const double theirs = std::stod(row[least ? "min_node_accepted" : "accepted_flits_per_node_cycle_at_offered_1"]);
    INFO("k " << config.columns << ", L " << traffic.flits << ", " << row["traffic"]);
    CHECK(ours == Approx(theirs).epsilon(0.10));
  }
}

}  // namespace crossweave
