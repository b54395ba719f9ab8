// Is the initiation interval that of a full pipeline, and does each image's latency begin with its arrival?
#include "frontend/report/images.h"

#include <catch2/catch.hpp>

namespace crossweave {
namespace {

/// Images that are done at these times, and arrived at 0.
std::vector<ImageTimes> done_at(const std::vector<std::int64_t>& times) {
  std::vector<ImageTimes> images;
  images.reserve(times.size());
  for (const std::int64_t time : times) {
    images.push_back({Duration{}, Duration{}, Duration::picoseconds(time)});
  }
  return images;
}

TEST_CASE("the initiation interval leaves out how a pipeline fills and drains") {
  const auto interval = [](const std::vector<std::int64_t>& times) {
    const std::optional<Duration> found = initiation_interval(done_at(times));
    return found ? found->count_ps() : -1;
  };
  CHECK(interval({}) == -1);
  CHECK(interval({70}) == -1);
  CHECK(interval({70, 90}) == 20);
  CHECK(interval({70, 90, 120}) == 30);
  CHECK(interval({70, 90, 120, 125}) == 30);
  // A quarter of them: two intervals.
  CHECK(interval({70, 90, 120, 150, 180, 211, 241, 250}) == 30);
  // The order in which they are done counts, not that in which they came.
  CHECK(interval({70, 90, 150, 120, 155}) == 30);
}

TEST_CASE("images.csv has a line for each image") {
  std::vector<ImageTimes> images = done_at({5000, 9500});
  images[1].arrival = Duration::picoseconds(2000);
  images[1].start = Duration::picoseconds(3000);
  CHECK(images_csv(images, Duration::picoseconds(1000)) ==
        "image,arrival_ps,start_ps,finish_ps,latency_ps,latency_cycles\n"
        "0,0,0,5000,5000,5\n"
        "1,2000,3000,9500,7500,7.5\n");
}

}  // namespace
}  // namespace crossweave
