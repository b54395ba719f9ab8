// How far a sweep is, for the one who waits for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <string>

namespace crossweave {

struct ProgressCounts {
  std::size_t done{0};  ///< failures included
  std::size_t failed{0};
  std::size_t total{0};
};

/// "412 of 1000 points, 38.2/s, 15 s left, 2 failed". `done_here`: how many of them took `elapsed`; the rest was there.
[[nodiscard]] std::string progress_text(const ProgressCounts& counts, std::size_t done_here,
                                        std::chrono::duration<double> elapsed);

/// A bar of `width` characters.
[[nodiscard]] std::string progress_bar(const ProgressCounts& counts, std::size_t width);

/// Shows progress: one line that is written over on a terminal, now and then a line elsewhere.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  /// `before`: what was there beforehand.
  Progress(std::ostream& stream, bool terminal, const ProgressCounts& before);

  void add(std::size_t done, std::size_t failed);
  /// Shows it anew when it is time to.
  void show();
  /// Shows the end, and leaves the line.
  void finish();

 private:
  void print();

  std::ostream& stream_;
  bool terminal_;
  ProgressCounts counts_;
  std::size_t before_;
  Clock::time_point start_;
  Clock::time_point shown_;
};

}  // namespace crossweave
