// Do the networks on chip behave as BookSim2 and Noxim say? (tests/data/noc/README.md, docs/validation.md)
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/generated_page.h"
#include "tests/validation/noc_reference.h"
#include "tests/validation/noc_report.h"

namespace crossweave::validation {
namespace {

/// The tables give six digits.
constexpr double kDigits = 1e-5;

}  // namespace

TEST_CASE("each packet of the micro cases has the times of BookSim2", "[noc]") {
  for (const auto& [model, logs] : {std::pair{NocModel::packet, 78}, std::pair{NocModel::flit, 156}}) {
    const std::vector<std::string> names = booksim_logs("micro_packets", model);
    REQUIRE(names.size() == static_cast<std::size_t>(logs));
    for (const std::string& name : names) {
      const LogComparison log = compare_log(name, model);
      INFO(name);
      CHECK(log.equal == log.packets);
    }
  }
}

TEST_CASE("the micro cases drain as in BookSim2, whatever the router, its channels and their depth", "[noc]") {
  for (const auto& [model, count] : {std::pair{NocModel::packet, 141}, std::pair{NocModel::flit, 470}}) {
    const std::vector<Row> rows = booksim_rows("booksim_micro.csv", model);
    REQUIRE(rows.size() == static_cast<std::size_t>(count));
    for (const Row& row : rows) {
      const TraceComparison trace = compare_micro(row, model);
      INFO(row.text("case") << ' ' << row.text("router_cfg") << ", " << row.text("num_vcs") << " channels, depth "
                            << row.text("vc_buf_size"));
      CHECK(trace.drained.ours == trace.drained.theirs);
      CHECK(trace.longest.ours == trace.longest.theirs);
      CHECK(trace.latency.ours == Approx(trace.latency.theirs).epsilon(kDigits));
    }
  }
}

TEST_CASE("packets of random traces wait as long as in BookSim2", "[noc]") {
  for (const auto& [model, logs] : {std::pair{NocModel::packet, 5}, std::pair{NocModel::flit, 8}}) {
    const std::vector<std::string> names = booksim_logs("replay_packets", model);
    REQUIRE(names.size() == static_cast<std::size_t>(logs));
    for (const std::string& name : names) {
      INFO(name);
      const LogComparison log = compare_log(name, model);
      CHECK(log.equal == log.packets);
      // The control: what agrees without contention would prove nothing.
      CHECK(compare_without_contention(name).queueing.ours == Approx(0).margin(1e-9));
      CHECK(log.queueing.theirs > 0.2);
    }
  }
}

TEST_CASE("random traces take as long as in BookSim2, whatever the router, its channels and their depth", "[noc]") {
  for (const auto& [model, count] : {std::pair{NocModel::packet, 10}, std::pair{NocModel::flit, 30}}) {
    const std::vector<Row> rows = booksim_rows("booksim_replay.csv", model);
    REQUIRE(rows.size() == static_cast<std::size_t>(count));
    for (const Row& row : rows) {
      const TraceComparison trace = compare_replay(row, model);
      INFO(row.text("trace") << ' ' << row.text("router_cfg") << ", " << row.text("num_vcs") << " channels, depth "
                             << row.text("vc_buf_size"));
      CHECK(trace.drained.ours == trace.drained.theirs);
      CHECK(trace.longest.ours == trace.longest.theirs);
      CHECK(trace.latency.ours == Approx(trace.latency.theirs).epsilon(kDigits));
    }
  }
}

TEST_CASE("latency under load is BookSim2's, at a point of each router", "[noc]") {
  int points = 0;
  for (const CurvePoint& point : booksim_curve_points(NocModel::flit)) {
    const Row& row = point.row;
    if (row.integer("k") == 4 && row.text("traffic") == "uniform" && row.integer("packet_flits") == 4 &&
        point.share > 0.35 && point.share < 0.6) {
      INFO("k " << row.text("k") << ' ' << row.text("router_cfg") << ", " << row.text("num_vcs") << " channels, depth "
                << row.text("vc_buf_size") << ", load " << row.text("offered_flits_per_node_cycle"));
      CHECK(std::abs(compare_latency(row, NocModel::flit).off()) < 0.05);
      ++points;
    }
  }
  CHECK(points == 5);
}

TEST_CASE("latency below 60 % of saturation is BookSim2's", "[noc][slow]") {
  for (const NocModel model : {NocModel::packet, NocModel::flit}) {
    int points = 0;
    for (const CurvePoint& point : booksim_curve_points(model)) {
      if (point.share > 0.6) {
        continue;
      }
      const Row& row = point.row;
      INFO("k " << row.text("k") << ' ' << row.text("router_cfg") << ", " << row.text("num_vcs") << " channels, depth "
                << row.text("vc_buf_size") << ", L " << row.text("packet_flits") << ", " << row.text("traffic")
                << ", load " << row.text("offered_flits_per_node_cycle"));
      CHECK(std::abs(compare_latency(row, model).off()) < 0.05);
      ++points;
    }
    CHECK(points > (model == NocModel::flit ? 180 : 35));
  }
}

TEST_CASE("the networks saturate where BookSim2 does", "[noc][slow]") {
  for (const auto& [model, count] : {std::pair{NocModel::packet, 20}, std::pair{NocModel::flit, 140}}) {
    const std::vector<Row> rows = booksim_rows("booksim_saturation.csv", model);
    REQUIRE(rows.size() == static_cast<std::size_t>(count));
    for (const Row& row : rows) {
      INFO("k " << row.text("k") << ' ' << row.text("router_cfg") << ", " << row.text("num_vcs") << " channels, depth "
                << row.text("vc_buf_size") << ", L " << row.text("packet_flits") << ", " << row.text("traffic"));
      CHECK(std::abs(compare_saturation(row, model).off()) < (model == NocModel::flit ? 0.05 : 0.10));
    }
  }
}

TEST_CASE("links of half the rate and single-stage routers give the laws of Noxim", "[noc]") {
  int rows = 0;
  for (const Row& row : noc_table("noxim_micro.csv")) {
    if (row.integer("k") == 4) {
      INFO(row.text("case") << ", depth " << row.text("buffer_depth") << ", L " << row.text("L"));
      const NoximComparison compared = compare_noxim_micro(row);
      CHECK(compared.drained.ours == compared.drained.theirs);
      CHECK(compared.head.ours == Approx(compared.head.theirs).epsilon(kDigits));
      ++rows;
    }
  }
  CHECK(rows == 76);
}

TEST_CASE("the page on validation says what is measured of networks", "[noc][slow]") {
  const NocReport report = noc_report();
  for (const auto& [name, table] : report.tables) {
    INFO(name);
    CHECK(test::is_up_to_date("docs/validation.md", name, table));
  }
  for (const auto& [name, plot] : report.plots) {
    INFO(name);
    CHECK(test::is_up_to_date("docs/images/" + name, plot));
  }
}

}  // namespace crossweave::validation
