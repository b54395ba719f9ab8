#include "frontend/commands/recording_options.h"

#include <regex>

#include "frontend/commands/command_line.h"

namespace crossweave {
namespace {

/// "1 ms:2.5 ms"; either end may be missing.
void read_window(const std::string& text, WaveformExtent& extent, Diagnostics& problems) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) {
    problems.push_back(problem_with("--vcd-window: expected two times, such as '1 ms:2 ms', got '" + text + "'"));
    return;
  }
  const auto read = [&](const std::string& part) -> std::optional<Duration> {
    if (part.empty() || part == "0") {
      return std::nullopt;
    }
    const Result<Duration, Failure> time = parse_duration(part);
    if (!time) {
      problems.push_back(problem_with("--vcd-window: " + time.error().message));
      return std::nullopt;
    }
    return *time;
  };
  extent.begin = read(text.substr(0, colon)).value_or(Duration{});
  extent.end = read(text.substr(colon + 1));
  if (extent.end && *extent.end <= extent.begin) {
    problems.push_back(problem_with("--vcd-window: expected an end after the beginning, got '" + text + "'"));
  }
}

}  // namespace

void RecordingOptions::declare(CLI::App& app) {
  app.add_flag("--report", report, "Write report.html, a page that shows what happened; it needs no network");
  app.add_option("--trace", trace, "Write a trace for ui.perfetto.dev")->type_name("FILE.pftrace");
  app.add_flag("--vcd", vcd, "Write trace.vcd, a waveform of the chip, and trace.gtkw, with which GTKWave shows it");
  app.add_option("--vcd-window", vcd_window, "Of the waveform: only from T0 to T1, e.g. '1 ms:2 ms'; implies --vcd")
      ->type_name("T0:T1");
  app.add_option("--vcd-scope", vcd_scope,
                 "Of the waveform: only scopes that match, e.g. 'tile[0-3].*' or '.*gpeu'; implies --vcd")
      ->type_name("REGEX");
}

Recordings RecordingOptions::read(Diagnostics& problems) const {
  Recordings recordings;
  recordings.loads = report;
  recordings.timeline = !trace.empty();
  if (vcd || !vcd_window.empty() || !vcd_scope.empty()) {
    recordings.waveform.emplace();
  }
  if (!vcd_window.empty()) {
    read_window(vcd_window, *recordings.waveform, problems);
  }
  if (!vcd_scope.empty()) {
    try {
      recordings.waveform->scope = std::regex{vcd_scope};
    } catch (const std::regex_error&) {
      problems.push_back(problem_with("--vcd-scope: expected a regular expression, got '" + vcd_scope + "'"));
    }
  }
  return recordings;
}

}  // namespace crossweave
