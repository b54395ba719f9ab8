// The latency of a choice as scheduled: Stages I to IV, made fast for searches.
#pragma once

#include <memory>

#include "scheduler/latency_evaluator.h"
#include "scheduler/lookahead.h"
#include "scheduler/network_graph.h"
#include "scheduler/passes/partition_base_layers.h"

namespace crossweave {

/// Latencies in cycles. Stages I and II are done again only when the sets have changed; the rules' schedule only from
/// the first layer on whose duplicates or order have; a choice whose work alone takes too long is not scheduled at all.
class ScheduleEvaluator final : public LatencyEvaluator {
 public:
  /// With `lookahead`, the rules' schedule is improved upon (scheduler/lookahead.h).
  ScheduleEvaluator(const NetworkGraph& graph, const IdVector<LayerId, BaseLayer>& layers, Partition partition,
                    bool lookahead);
  ~ScheduleEvaluator() override;
  ScheduleEvaluator(const ScheduleEvaluator&) = delete;
  ScheduleEvaluator& operator=(const ScheduleEvaluator&) = delete;

  std::int64_t latency(const MappingChoice& choice, std::int64_t cutoff) override;

 private:
  /// What depends on the sets alone.
  struct Staged;

  const NetworkGraph& graph_;
  const IdVector<LayerId, BaseLayer>& layers_;
  Partition partition_;
  bool lookahead_;
  std::unique_ptr<Staged> staged_;
  MappingChoice last_;  ///< the choice that by_rules_ belongs to
  NetworkTimes by_rules_;
  NetworkTimes improved_;
  SetSorter sorter_;
};

}  // namespace crossweave
