#include "frontend/sweep/progress.h"

#include <algorithm>
#include <cmath>
#include <ostream>

#include <spdlog/fmt/fmt.h>

namespace crossweave {
namespace {

constexpr std::chrono::milliseconds kTerminalPeriod{100};
constexpr std::chrono::seconds kPlainPeriod{10};
constexpr std::size_t kBarWidth = 24;

/// "42 s", "3:05 min", "2:10 h".
std::string time_text(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(seconds));
  return whole < 60     ? fmt::format("{} s", whole)
         : whole < 3600 ? fmt::format("{}:{:02} min", whole / 60, whole % 60)
                        : fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

}  // namespace

std::string progress_text(const ProgressCounts& counts, std::size_t done_here, std::chrono::duration<double> elapsed) {
  std::string text = fmt::format("{} of {} points", counts.done, counts.total);
  if (done_here > 0 && elapsed.count() > 0) {
    const double rate = static_cast<double>(done_here) / elapsed.count();
    text += fmt::format(", {:.1f}/s", rate);
    text += counts.done < counts.total
                ? ", " + time_text(static_cast<double>(counts.total - counts.done) / rate) + " left"
                : " in " + time_text(elapsed.count());
  }
  return text + fmt::format(", {} failed", counts.failed);
}

std::string progress_bar(const ProgressCounts& counts, std::size_t width) {
  const std::size_t filled = counts.total == 0 ? width : width * counts.done / counts.total;
  return "[" + std::string(filled, '=') + std::string(width - filled, ' ') + "]";
}

Progress::Progress(std::ostream& stream, bool terminal, const ProgressCounts& before)
    : stream_{stream},
      terminal_{terminal},
      counts_{before},
      before_{before.done},
      start_{Clock::now()},
      shown_{Clock::now()} {}

void Progress::add(std::size_t done, std::size_t failed) {
  counts_.done += done;
  counts_.failed += failed;
}

void Progress::show() {
  const Clock::time_point now = Clock::now();
  if (now - shown_ >= (terminal_ ? Clock::duration{kTerminalPeriod} : Clock::duration{kPlainPeriod})) {
    shown_ = now;
    print();
  }
}

void Progress::finish() {
  print();
  if (terminal_) {
    stream_ << '\n' << std::flush;
  }
}

void Progress::print() {
  const std::string text = progress_text(counts_, counts_.done - before_, Clock::now() - start_);
  if (terminal_) {
    // ESC [ K: what the last line was longer by goes.
    stream_ << '\r' << progress_bar(counts_, kBarWidth) << ' ' << text << "\x1b[K" << std::flush;
  } else {
    stream_ << "crossweave: " << text << '\n' << std::flush;
  }
}

}  // namespace crossweave
