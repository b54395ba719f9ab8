// Does the banked DRAM behave as DRAMsim3 and DRAMSys say that DDR4-2400 does? (tests/data/dram/README.md,
// docs/validation.md)
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/dot_plot.h"
#include "tests/support/generated_page.h"
#include "tests/validation/dram_reference.h"

namespace crossweave::validation {
namespace {

constexpr double kTotalBar = 0.05;
constexpr double kLatencyBar = 0.10;
constexpr const char* kPage = "docs/validation.md";

double off(double ours, double theirs) { return ours / theirs - 1; }

/// Within the bar of both where these are within it of each other, otherwise between them.
bool agrees(double ours, double a, std::optional<double> b, double bar) {
  if (!b || std::abs(off(a, *b)) <= bar) {
    return std::abs(off(ours, a)) <= bar && (!b || std::abs(off(ours, *b)) <= bar);
  }
  return ours >= std::min(a, *b) && ours <= std::max(a, *b);
}

std::optional<double> total_of(const std::optional<DramResult>& result) {
  return result ? std::optional{result->total} : std::nullopt;
}

bool total_agrees(const DramComparison& comparison) {
  return agrees(comparison.ours.total, comparison.dramsim3.total, total_of(comparison.dramsys), kTotalBar);
}

bool is_burst(const DramCase& of) { return of.trace == "micro" || of.trace.starts_with("burst16_"); }
bool has_gaps(const DramCase& of) { return of.trace.find("_gap") != std::string::npos; }

/// DRAMSys's buffers of 8 requests a bank refuse requests while a sequential stream waits for a refresh; the time until
/// they are accepted is not in its latencies.
bool dramsys_refuses(const DramCase& of) { return of.refresh && of.trace.starts_with("seq"); }

/// DRAMSys's mean latency where it is one from arrival.
std::optional<double> dramsys_latency(const DramComparison& comparison) {
  return comparison.dramsys && !dramsys_refuses(comparison.of) ? comparison.dramsys->from_accepted : std::nullopt;
}

bool latency_agrees(const DramComparison& comparison) {
  return agrees(*comparison.ours.from_arrival, *comparison.dramsim3.from_arrival, dramsys_latency(comparison),
                kLatencyBar);
}

const std::vector<DramComparison>& comparisons() {
  static const std::vector<DramComparison> kAll = [] {
    std::vector<DramComparison> all;
    for (const DramCase& of : dram_cases()) {
      all.push_back(compare(of));
    }
    return all;
  }();
  return kAll;
}

std::string name_of(const DramCase& of) { return of.trace + " " + of.mapping + (of.refresh ? "" : ", no refresh"); }

// --- the page ---

std::string fixed(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string optional_fixed(std::optional<double> value, int decimals) { return value ? fixed(*value, decimals) : "–"; }

/// "+1.7 %"
std::string percent(double ours, std::optional<double> theirs) {
  if (!theirs) {
    return "–";
  }
  const double percent = off(ours, *theirs) * 100;
  return std::abs(percent) < 0.005 ? "0" : (percent > 0 ? "+" : "") + fixed(percent, 2) + " %";
}

std::string bursts_table() {
  std::string text =
      "| trace | mapping | last request done: ours / DRAMsim3 / DRAMSys + 2 | mean latency: ours / DRAMsim3 "
      "|\n|---|---|---|---|\n";
  for (const DramComparison& c : comparisons()) {
    if (is_burst(c.of) && !c.of.refresh) {
      text += "| `" + c.of.trace + "` | " + c.of.mapping + " | " + fixed(c.ours.total, 0) + " / " +
              fixed(c.dramsim3.total, 0) + " / " + optional_fixed(total_of(c.dramsys), 0) + " | " +
              fixed(*c.ours.from_arrival, 3) + " / " + fixed(*c.dramsim3.from_arrival, 3) + " |\n";
    }
  }
  return text;
}

/// One figure of all three for a case, and whether ours keeps its bar.
struct Figures {
  double ours{0};
  double dramsim3{0};
  std::optional<double> dramsys;
  std::string verdict;
};

/// A line for each case of which `figures` knows any.
std::string comparison_table(std::optional<Figures> (*figures)(const DramComparison&), int decimals) {
  std::string text =
      "| stream | mapping | refresh | ours | DRAMsim3 | DRAMSys + 2 | off DRAMsim3 | off DRAMSys | bar |\n"
      "|---|---|---|---|---|---|---|---|---|\n";
  for (const DramComparison& c : comparisons()) {
    if (const std::optional<Figures> f = figures(c)) {
      text += "| `" + c.of.trace + "` | " + c.of.mapping + " | " + (c.of.refresh ? "yes" : "no") + " | " +
              fixed(f->ours, decimals) + " | " + fixed(f->dramsim3, decimals) + " | " +
              optional_fixed(f->dramsys, decimals) + " | " + percent(f->ours, f->dramsim3) + " | " +
              percent(f->ours, f->dramsys) + " | " + f->verdict + " |\n";
    }
  }
  return text;
}

std::string totals_table() {
  return comparison_table(
      [](const DramComparison& c) -> std::optional<Figures> {
        if (is_burst(c.of)) {
          return std::nullopt;
        }
        const std::optional<double> dramsys = total_of(c.dramsys);
        const bool differ = dramsys && std::abs(off(c.dramsim3.total, *dramsys)) > kTotalBar;
        return Figures{c.ours.total, c.dramsim3.total, dramsys,
                       (differ ? "between" : "5 %") + std::string{total_agrees(c) ? ": met" : ": MISSED"}};
      },
      0);
}

std::string latencies_table() {
  return comparison_table(
      [](const DramComparison& c) -> std::optional<Figures> {
        if (!has_gaps(c.of)) {
          return std::nullopt;
        }
        return Figures{*c.ours.from_arrival, *c.dramsim3.from_arrival, dramsys_latency(c),
                       latency_agrees(c) ? "10 %: met" : "10 %: MISSED"};
      },
      3);
}

/// How far ahead the controller sees decides how much of two bank groups overlaps in a sequential stream under M1.
constexpr int kDepths[]{8, 16, 24, 32, 40};
BankedDramSpec with_depth(const DramCase& of, int depth) {
  BankedDramSpec spec = dram_spec(of);
  spec.controller.read_queue = depth;
  return spec;
}

std::string depths_table() {
  std::string text = "| `read_queue` |";
  std::string rule = "|---|";
  std::string row = "| without refresh |";
  std::string refreshed = "| with refresh |";
  for (const int depth : kDepths) {
    text += " " + std::to_string(depth) + " |";
    rule += "---|";
    for (const bool refresh : {false, true}) {
      const DramCase of{"seq_read_max", "M1", refresh};
      (refresh ? refreshed : row) += " " + fixed(serve(with_depth(of, depth), dram_requests(of.trace)).total, 0) + " |";
    }
  }
  const DramComparison plain = compare({"seq_read_max", "M1", false});
  const DramComparison with_refresh = compare({"seq_read_max", "M1", true});
  return text + " DRAMSys + 2 | DRAMsim3 |\n" + rule + "---|---|\n" + row + " " + fixed(plain.dramsys->total, 0) +
         " | " + fixed(plain.dramsim3.total, 0) + " |\n" + refreshed + " " + fixed(with_refresh.dramsys->total, 0) +
         " | " + fixed(with_refresh.dramsim3.total, 0) + " |\n";
}

const test::DotSeries kDramsim3{"DRAMsim3", "#7cc47c", 7};
const test::DotSeries kDramsys{"DRAMSys + 2", "#f0a040", 5};
const test::DotSeries kOurs{"Crossweave", "#1f4fa0", 3};

test::DotPlot totals_plot() {
  test::DotPlot plot;
  plot.title = "Cycles until the last request is done, as a multiple of DRAMsim3's";
  plot.axis = "DRAMsim3 = 1";
  plot.first = 0.9;
  plot.last = 1.3;
  plot.tick = 0.05;
  plot.decimals = 2;
  plot.reference = 1;
  plot.series = {kDramsys, kOurs};
  for (const DramComparison& c : comparisons()) {
    if (!is_burst(c.of)) {
      std::optional<double> dramsys = total_of(c.dramsys);
      if (dramsys) {
        *dramsys /= c.dramsim3.total;
      }
      plot.rows.push_back({name_of(c.of), {dramsys, c.ours.total / c.dramsim3.total}});
    }
  }
  return plot;
}

test::DotPlot latencies_plot() {
  test::DotPlot plot;
  plot.title = "Mean latency of streams with gaps, in cycles";
  plot.axis = "cycles from arrival; DRAMSys where it tells";
  plot.first = 0;
  plot.last = 90;
  plot.tick = 10;
  plot.decimals = 0;
  plot.series = {kDramsim3, kDramsys, kOurs};
  for (const DramComparison& c : comparisons()) {
    if (has_gaps(c.of)) {
      plot.rows.push_back({name_of(c.of), {c.dramsim3.from_arrival, dramsys_latency(c), c.ours.from_arrival}});
    }
  }
  return plot;
}

}  // namespace

TEST_CASE("single requests take the cycles of DRAMsim3 and DRAMSys, exactly", "[dram]") {
  for (const bool refresh : {false, true}) {
    for (const std::string mapping : {"M1", "M2"}) {
      INFO(mapping);
      const DramComparison micro = compare({"micro", mapping, refresh});
      CHECK(micro.ours.least == 23);
      CHECK(micro.ours.most == 57);
      CHECK(micro.ours.total == micro.dramsim3.total);
      CHECK(micro.ours.total == micro.dramsys->total);
      CHECK(micro.ours.from_arrival == micro.dramsim3.from_arrival);
      CHECK(micro.ours.from_accepted == micro.dramsys->from_accepted);
      CHECK(micro.dramsim3.least == 23);
      CHECK(micro.dramsim3.most == 57);
    }
  }
  const DramComparison closed = compare({"burst16_banks", "M1", false});
  CHECK(closed.ours.least == 40);
  CHECK(closed.dramsim3.least == 40);
}

TEST_CASE("bursts of sixteen requests end when those of DRAMsim3 and DRAMSys do, exactly", "[dram]") {
  for (const DramComparison& c : comparisons()) {
    if (c.of.trace.starts_with("burst16_")) {
      INFO(name_of(c.of));
      CHECK(c.ours.total == c.dramsim3.total);
      CHECK(c.ours.total == c.dramsys->total);
      CHECK(c.ours.from_arrival == c.dramsim3.from_arrival);
    }
  }
}

TEST_CASE("streams take as long as with DRAMsim3 and DRAMSys", "[dram]") {
  REQUIRE(comparisons().size() == 48);
  for (const DramComparison& c : comparisons()) {
    INFO(name_of(c.of) << ": " << c.ours.total << ", DRAMsim3 " << c.dramsim3.total);
    CHECK(total_agrees(c));
  }
}

TEST_CASE("requests of streams with gaps wait as long as with DRAMsim3 and DRAMSys", "[dram]") {
  int compared = 0;
  for (const DramComparison& c : comparisons()) {
    if (has_gaps(c.of)) {
      INFO(name_of(c.of) << ": " << *c.ours.from_arrival << ", DRAMsim3 " << *c.dramsim3.from_arrival);
      CHECK(latency_agrees(c));
      ++compared;
    }
  }
  CHECK(compared == 12);
}

// The controls: what agrees without a constraint would say nothing about it.
TEST_CASE("with a constraint, the look-ahead or the refresh left out, streams do not agree", "[dram]") {
  const auto agrees_with = [](const DramCase& of, void (*change)(BankedDramSpec&)) {
    DramComparison comparison = compare(of);
    BankedDramSpec spec = dram_spec(of);
    change(spec);
    comparison.ours = serve(spec, dram_requests(of.trace));
    return total_agrees(comparison) && (!has_gaps(of) || latency_agrees(comparison));
  };
  const auto nothing = [](BankedDramSpec& /*spec*/) {};
  CHECK(agrees_with({"rand_read_max", "M1", false}, nothing));
  CHECK_FALSE(agrees_with({"rand_read_max", "M1", false}, [](BankedDramSpec& s) { s.device.timing.faw = 0; }));
  CHECK_FALSE(agrees_with({"bankrr_read_max", "M2", false},
                          [](BankedDramSpec& s) { s.device.timing.ccd_l = s.device.timing.ccd_s; }));
  CHECK_FALSE(agrees_with({"rowconf_read_max", "M1", false}, [](BankedDramSpec& s) { s.device.timing.rc += 4; }));
  CHECK_FALSE(agrees_with({"rand_read_max", "M1", false}, [](BankedDramSpec& s) { s.controller.read_queue = 1; }));
  CHECK_FALSE(
      agrees_with({"seq_read_gap16", "M1", true}, [](BankedDramSpec& s) { s.controller.refresh = DramRefresh::none; }));
}

TEST_CASE("the page on validation says what is measured of the DRAM", "[dram]") {
  const std::string hint = "rewrite it with CROSSWEAVE_UPDATE_GOLDEN=1 ./test.sh -R validation";
  INFO(hint);
  CHECK(test::is_up_to_date(kPage, "bursts", bursts_table()));
  CHECK(test::is_up_to_date(kPage, "totals", totals_table()));
  CHECK(test::is_up_to_date(kPage, "latencies", latencies_table()));
  CHECK(test::is_up_to_date(kPage, "depths", depths_table()));
  CHECK(test::is_up_to_date("docs/images/dram_totals.svg", test::to_svg(totals_plot())));
  CHECK(test::is_up_to_date("docs/images/dram_latencies.svg", test::to_svg(latencies_plot())));
}

}  // namespace crossweave::validation
