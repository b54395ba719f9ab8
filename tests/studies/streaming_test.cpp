// How often can the chips take in an image, and what becomes of its latency? (docs/streaming.md)
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/studies/study_runs.h"
#include "tests/support/generated_page.h"

namespace crossweave::test {
namespace {

using Table = std::vector<std::vector<std::string>>;
using nlohmann::json;

constexpr const char* kPage = "docs/streaming.md";

void check_part(const std::string& part, const Table& table) {
  INFO(part);
  CHECK(is_up_to_date(kPage, part, markdown_table(table)));
}

double interval_of(const json& summary) { return summary["inference"]["initiation_interval_cycles"]; }
double bound_of(const json& summary) { return summary["inference"]["initiation_interval_bound_cycles"]; }
double per_second(const json& summary) { return summary["inference"]["images_per_second"]; }

/// The latency of one image, in cycles of the paper's crossbars.
double latency_of_image(const json& summary, std::size_t image) {
  return summary["inference"]["latencies_ps"][image].get<double>() / 1.4e6;
}

}  // namespace

TEST_CASE("the page on streaming says how often the seven networks take in images in peak mode", "[slow]") {
  struct Schedule {
    std::string name;
    std::string mode;
    int extra_pes;
  };
  const std::vector<Schedule> schedules{{"layer by layer", "layer_by_layer", 0},
                                        {"wdup+32", "layer_by_layer", 32},
                                        {"xinf", "cross_layer", 0},
                                        {"wdup+32 & xinf", "cross_layer", 32}};
  Table intervals{{"network"}};
  Table rates{{"network"}};
  for (const Schedule& schedule : schedules) {
    intervals[0].push_back(schedule.name);
    rates[0].push_back(schedule.name);
  }
  intervals[0].emplace_back("one image alone");
  rates[0].emplace_back("1 / latency");
  std::vector<StudyRun> runs;
  for (const std::string& network : kPaperNetworks) {
    for (const Schedule& schedule : schedules) {
      runs.push_back({network, "paper", schedule.extra_pes, schedule.mode});
      runs.back().settings = {"inference.images=4"};
    }
  }
  const std::vector<json> results = measure(runs);
  std::size_t next = 0;
  for (const std::string& network : kPaperNetworks) {
    intervals.push_back({network});
    rates.push_back({network});
    for (std::size_t i = 0; i < schedules.size(); ++i) {
      const json& result = results[next++];
      CHECK(interval_of(result) == bound_of(result));
      intervals.back().push_back(decimal(interval_of(result), 0));
      rates.back().push_back(decimal(per_second(result), 1));
    }
    const double alone = latency_of_image(results[next - 1], 0);
    intervals.back().push_back(decimal(alone, 0));
    rates.back().push_back(decimal(1e9 / 1400 / alone, 1));
  }
  check_part("intervals", intervals);
  check_part("rates", rates);
}

TEST_CASE("the page on streaming says what a chip where data travels makes of it", "[slow]") {
  std::vector<StudyRun> runs;
  for (const std::string& network : kPaperNetworks) {
    runs.push_back({network, "paper-mesh"});
    runs.back().settings = {"inference.images=8"};
  }
  std::vector<std::string> names = kPaperNetworks;
  for (const std::string input_buffer : {"96 KiB", "128 KiB"}) {
    runs.push_back({"resnet152", "paper-mesh"});
    runs.back().settings = {"inference.images=8", "architecture.tile.buffer.input=" + input_buffer};
    names.push_back("resnet152, input buffers of " + input_buffer);
  }
  const std::vector<json> results = measure(runs);
  Table table{{"network", "bound", "interval", "longer by", "images/s", "first image", "its latency in peak mode"}};
  for (std::size_t i = 0; i < results.size(); ++i) {
    const json& result = results[i];
    table.push_back({names[i], decimal(bound_of(result), 0), decimal(interval_of(result), 1),
                     percent(interval_of(result) / bound_of(result) - 1), decimal(per_second(result), 1),
                     decimal(latency_of_image(result, 0), 1),
                     std::to_string(result["scheduled_latency_cycles"].get<std::int64_t>())});
  }
  check_part("mesh", table);
}

TEST_CASE("the page on streaming says what the period of arrivals does to the latency", "[slow]") {
  const std::vector<std::string> arrivals{"back_to_back", "4 ms", "5 ms", "5.0624 ms", "6 ms", "8 ms", "20 ms"};
  const std::vector<std::string> architectures{"paper", "paper-mesh"};
  std::vector<StudyRun> runs;
  for (const std::string& architecture : architectures) {
    for (const std::string& arrival : arrivals) {
      runs.push_back({"tinyyolov4", architecture});
      runs.back().settings = {"inference.images=16", "inference.arrival=" + arrival};
    }
  }
  const std::vector<json> results = measure(runs);
  Table table{{"chip", "arrival", "interval", "images/s", "mean latency", "longest", "utilization"}};
  std::size_t next = 0;
  for (const std::string& architecture : architectures) {
    for (const std::string& arrival : arrivals) {
      const json& result = results[next++];
      const json& inference = result["inference"];
      table.push_back({"`" + architecture + "`", arrival == "back_to_back" ? "`back_to_back`" : arrival,
                       decimal(interval_of(result), 1), decimal(per_second(result), 1),
                       decimal(inference["mean_latency_cycles"], 1), decimal(inference["longest_latency_cycles"], 1),
                       decimal(100 * result["utilization"].get<double>(), 1) + " %"});
    }
  }
  check_part("arrivals", table);
}

}  // namespace crossweave::test
