// Does the simulated chip reproduce the peak latencies and utilizations of the reference set, from what it measures?
#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "frontend/import/network_file.h"
#include "models/simulation.h"
#include "scheduler/figures_of_merit.h"
#include "scheduler/mapped_network.h"
#include "tests/support/fresh_kernel.h"

namespace crossweave {
namespace {

const std::string kSource = CROSSWEAVE_SOURCE_DIR;

nlohmann::json read_references() {
  std::ifstream file{kSource + "/tests/data/reference_peak.json"};
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

MappedNetwork map_named(const std::string& name, const CrossbarSpec& crossbar) {
  const Result<NetworkImport> import = import_network(kSource + "/configs/networks/" + name + ".yaml", {}, {});
  REQUIRE(import);
  Result<MappedNetwork, SchedulingFailure> mapped = map_network(import->graph, false, crossbar);
  REQUIRE(mapped);
  return std::move(*mapped);
}

/// The value of an enumeration by its place in the table of its names.
template <class Enum, std::size_t count>
Enum named(const std::array<std::string_view, count>& names, const std::string& name) {
  const auto found = std::ranges::find(names, name);
  REQUIRE(found != names.end());
  return static_cast<Enum>(found - names.begin());
}

MappingOptions options_of(const nlohmann::json& entry) {
  MappingOptions options;
  options.extra_pes = entry["extra_pes"];
  options.duplication = named<Duplication>(kDuplicationNames, entry["duplication"]);
  options.partition = named<Partition>(kPartitionNames, entry["partition"]);
  options.order = named<SetOrder>(kSetOrderNames, entry["order"]);
  options.set = {entry["set"]["rows"], entry["set"]["columns"]};
  return options;
}

/// How long the crossbars computed, and when the last set ended.
class Activity final : public tlm::tlm_analysis_if<MvmStarted>,
                       public tlm::tlm_analysis_if<MvmFinished>,
                       public tlm::tlm_analysis_if<SetFinished> {
 public:
  explicit Activity(std::int64_t pes) : since_(static_cast<std::size_t>(pes)) {}

  void write(const MvmStarted& event) override { since_[event.pe] = event.at; }
  void write(const MvmFinished& event) override { active_ += event.at - since_[event.pe]; }
  void write(const SetFinished& event) override {
    latency_ = std::max(latency_, event.at);
    ++sets_;
  }

  [[nodiscard]] Duration active() const { return active_; }
  [[nodiscard]] Duration latency() const { return latency_; }
  [[nodiscard]] std::int64_t sets() const { return sets_; }

 private:
  IdVector<PeId, Duration> since_;
  Duration active_;
  Duration latency_;
  std::int64_t sets_{0};
};

void check_entry(const nlohmann::json& entry, MappedNetwork mapped, const Architecture& architecture) {
  CAPTURE(entry.dump());
  REQUIRE(mapped.min_pes == entry["min_pes"].get<std::int64_t>());
  const Result<ScheduledNetwork, SchedulingFailure> network = schedule_network(std::move(mapped), options_of(entry));
  REQUIRE(network);
  const ExecutionPlan plan = make_execution_plan(*network, architecture);
  const test::FreshKernel kernel;
  Simulation simulation{plan, architecture};
  Activity activity{network->pes};
  simulation.probes().mvm_started.bind(activity);
  simulation.probes().mvm_finished.bind(activity);
  simulation.probes().set_finished.bind(activity);
  REQUIRE(simulation.run({}).outcome == Outcome::completed);
  CHECK(activity.sets() == network->set_count());
  CHECK(activity.latency() == architecture.crossbar.mvm_latency * entry["latency_cycles"].get<std::int64_t>());
  const double percent = 100 * utilization(activity.active().count_ps(), network->pes, activity.latency().count_ps());
  CHECK(std::abs(percent - entry["utilization_percent"].get<double>()) < 0.5e-4 + 1e-9);
}

void check_network(const std::string& name) {
  const Architecture architecture;  // the paper's crossbars
  const MappedNetwork mapped = map_named(name, architecture.crossbar);
  int checked = 0;
  for (const nlohmann::json& entry : read_references()) {
    if (entry["network"] == name) {
      check_entry(entry, mapped, architecture);
      ++checked;
    }
  }
  CHECK(checked == 12);
}

TEST_CASE("TinyYOLOv4 as in the reference", "[peak_reference]") { check_network("tinyyolov4"); }
TEST_CASE("TinyYOLOv3 as in the reference", "[peak_reference]") { check_network("tinyyolov3"); }
TEST_CASE("VGG16 as in the reference", "[peak_reference]") { check_network("vgg16"); }
TEST_CASE("ResNet50 as in the reference", "[peak_reference]") { check_network("resnet50"); }

TEST_CASE("no reference is left out", "[peak_reference]") { CHECK(read_references().size() == 48); }

}  // namespace
}  // namespace crossweave
