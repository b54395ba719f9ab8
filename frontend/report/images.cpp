#include "frontend/report/images.h"

#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "frontend/report/in_cycles.h"
#include "frontend/report/text_table.h"
#include "scheduler/initiation_interval.h"

namespace crossweave {
namespace {

using Json = nlohmann::ordered_json;

double per_second(Duration interval) { return 1e12 / static_cast<double>(interval.count_ps()); }

struct Latencies {
  Duration least;
  Duration mean;  ///< rounded down to a picosecond
  Duration most;
};

Latencies latencies_of(const std::vector<ImageTimes>& images) {
  Latencies result{images.front().latency(), {}, {}};
  Duration sum;
  for (const ImageTimes& image : images) {
    result.least = std::min(result.least, image.latency());
    result.most = std::max(result.most, image.latency());
    sum += image.latency();
  }
  result.mean = Duration::picoseconds(sum.count_ps() / static_cast<std::int64_t>(images.size()));
  return result;
}

}  // namespace

std::optional<Duration> initiation_interval(const std::vector<ImageTimes>& images) {
  if (images.size() < 2) {
    return std::nullopt;
  }
  // On a chip with contention an image may be done before the one before it.
  std::vector<Duration> done;
  done.reserve(images.size());
  for (const ImageTimes& image : images) {
    done.push_back(image.finish);
  }
  std::ranges::sort(done);
  const std::size_t intervals = std::max<std::size_t>(1, done.size() / 4);
  const std::size_t last = done.size() - (done.size() < 4 ? 1 : 2);
  const Duration time = done[last] - done[last - intervals];
  return Duration::picoseconds(time.count_ps() / static_cast<std::int64_t>(intervals));
}

Json inference_json(const ExecutionPlan& plan, const std::vector<ImageTimes>& images, Duration t_mvm) {
  Json json;
  json["images"] = plan.images;
  json["arrival_period_ps"] = plan.arrival_period.count_ps();
  json["initiation_interval_bound_cycles"] = initiation_interval_bound(plan).count();
  if (images.empty()) {
    return json;
  }
  if (const std::optional<Duration> interval = initiation_interval(images)) {
    json["initiation_interval_ps"] = interval->count_ps();
    json["initiation_interval_cycles"] = in_cycles(*interval, t_mvm);
    json["images_per_second"] = per_second(*interval);
  }
  const Latencies latencies = latencies_of(images);
  json["mean_latency_cycles"] = in_cycles(latencies.mean, t_mvm);
  json["longest_latency_cycles"] = in_cycles(latencies.most, t_mvm);
  json["latencies_ps"] = Json::array();
  for (const ImageTimes& image : images) {
    json["latencies_ps"].push_back(image.latency().count_ps());
  }
  return json;
}

std::string images_csv(const std::vector<ImageTimes>& images, Duration t_mvm) {
  std::string csv = "image,arrival_ps,start_ps,finish_ps,latency_ps,latency_cycles\n";
  for (std::size_t i = 0; i < images.size(); ++i) {
    const ImageTimes& image = images[i];
    csv += fmt::format("{},{},{},{},{},{}\n", i, image.arrival.count_ps(), image.start.count_ps(),
                       image.finish.count_ps(), image.latency().count_ps(), in_cycles(image.latency(), t_mvm).dump());
  }
  return csv;
}

std::string images_in_words(const ExecutionPlan& plan, const std::vector<ImageTimes>& images, Duration t_mvm) {
  const auto cycles = [t_mvm](Duration time) {
    const Json count = in_cycles(time, t_mvm);
    return count.is_number_integer() ? count.dump() : fixed(count.get<double>(), 1);
  };
  const Duration interval = initiation_interval(images).value();
  const Latencies latencies = latencies_of(images);
  return fmt::format("{} {}; one done every {} cycles (bound {}), {} a second; latency {} to {} cycles", plan.images,
                     plan.arrival_period == Duration{} ? "back to back" : "every " + to_string(plan.arrival_period),
                     cycles(interval), initiation_interval_bound(plan).count(), fixed(per_second(interval), 1),
                     cycles(latencies.least), cycles(latencies.most));
}

}  // namespace crossweave
