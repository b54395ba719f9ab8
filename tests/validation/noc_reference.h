// Results of other simulators (tests/data/noc/README.md), and those of our networks for the same traffic.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/noc_traffic.h"
#include "models/routed_network.h"

namespace crossweave::validation {

/// A row of a table, by the names of its columns.
class Row {
 public:
  explicit Row(std::map<std::string, std::string> values) : values_{std::move(values)} {}

  [[nodiscard]] const std::string& text(const std::string& column) const { return values_.at(column); }
  [[nodiscard]] int integer(const std::string& column) const { return std::stoi(text(column)); }
  [[nodiscard]] double real(const std::string& column) const { return std::stod(text(column)); }

 private:
  std::map<std::string, std::string> values_;
};

/// A file of tests/data/noc with a heading.
[[nodiscard]] std::vector<Row> noc_table(const std::string& name);
/// Those of BookSim2's rows that our model has: `packet` has neither four-stage routers nor a choice of channels.
[[nodiscard]] std::vector<Row> booksim_rows(const std::string& name, NocModel model);
/// The network of a row of BookSim2's.
[[nodiscard]] NocConfig booksim_network(const Row& row, NocModel model);

/// One figure of both.
struct Compared {
  double theirs{0};
  double ours{0};
  [[nodiscard]] double off() const { return ours / theirs - 1; }
};

/// BookSim2's log of every packet, in one of the folders with logs.
struct LogComparison {
  std::string name;
  NocConfig network;
  std::size_t packets{0};
  std::size_t equal{0};  ///< of which head in, head out and tail out are in the same cycles
  Compared latency;      ///< mean
  Compared queueing;     ///< mean of what is beyond the zero-load law
  Compared p95;          ///< 95th percentile of the latency
};
/// Names of the logs that our model has.
[[nodiscard]] std::vector<std::string> booksim_logs(const std::string& folder, NocModel model);
[[nodiscard]] LogComparison compare_log(const std::string& name, NocModel model);
/// The same with packets that do not meet: what a network without contention would make of them.
[[nodiscard]] LogComparison compare_without_contention(const std::string& name);

/// The packets of a trace as a whole.
struct TraceComparison {
  Compared latency;  ///< mean
  Compared longest;
  Compared drained;  ///< cycle of the last tail
};
/// A row of booksim_micro.csv.
[[nodiscard]] TraceComparison compare_micro(const Row& row, NocModel model);
/// A row of booksim_replay.csv. The packets come from a log, of whatever network.
[[nodiscard]] TraceComparison compare_replay(const Row& row, NocModel model);

/// The figures below are of traffic drawn by us, with the distribution of theirs. The first 4 000 cycles are warm-up.

/// Flits accepted per node and cycle at an offered load of 1, over 40 000 cycles: mean over the nodes. Of transpose it
/// is the least, since nodes of the diagonal send to themselves; but where packets are longer than a buffer the least
/// depends on who comes first, with them and with us, and the mean stands for it.
[[nodiscard]] Compared compare_saturation(const Row& row, NocModel model);
/// Mean packet latency of a row of booksim_curves.csv, over 20 000 cycles.
[[nodiscard]] Compared compare_latency(const Row& row, NocModel model);
/// Ours alone: mean packet latency at a load.
[[nodiscard]] double mean_latency(const NocConfig& network, TrafficPattern pattern, int flits, double load);
[[nodiscard]] TrafficPattern pattern_of(const Row& row);

/// Rows of booksim_curves.csv that are stable, with the share of saturation that their load is.
struct CurvePoint {
  Row row;
  double share{0};
};
[[nodiscard]] std::vector<CurvePoint> booksim_curve_points(NocModel model);

/// Noxim's network in our terms: single-stage routers, and links that take two cycles for a flit.
[[nodiscard]] NocConfig noxim_network(int depth);
/// A row of noxim_micro.csv on 4x4.
struct NoximComparison {
  Compared head;     ///< mean delay of heads, from creation until the last router sends them on
  Compared drained;  ///< the same of the last tail
};
[[nodiscard]] NoximComparison compare_noxim_micro(const Row& row);
/// Mean head delay and flits received per node and cycle of a row of noxim_curves.csv; ours over ten times as many
/// cycles.
struct NoximLoadComparison {
  Compared head;
  Compared received;
};
[[nodiscard]] NoximLoadComparison compare_noxim_load(const Row& row);

}  // namespace crossweave::validation
