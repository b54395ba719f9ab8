// Does each operation cost a GPEU what the model says, and each set the sum over its elements?
#include "scheduler/gpeu_cost.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>

#include "scheduler/execution_plan.h"
#include "tests/support/networks.h"

namespace crossweave {
namespace {

std::int64_t cost(const OperationKind& kind, std::vector<Shape> inputs = {{4, 4, 8}}, const GpeuCosts& costs = {}) {
  return gpeu_cost_per_element(kind, inputs, costs);
}

ExecutionPlan plan_of(const NetworkGraph& graph, SetSize set) {
  MappingOptions options;
  options.set = set;
  return make_execution_plan(test::schedule_of(graph, options), Architecture{});
}

}  // namespace

TEST_CASE("operations cost what the table says", "[gpeu]") {
  CHECK(cost(Bias{}) == 1);
  CHECK(cost(BatchNorm{}) == 1);
  CHECK(cost(Activation{"relu"}) == 1);
  CHECK(cost(Activation{"leaky_relu"}) == 1);
  CHECK(cost(Activation{"sigmoid"}) == 2);
  CHECK(cost(Activation{"mish"}) == 2);
  CHECK(cost(Activation{"what nobody has heard of"}) == 2);
  Pool pool;
  pool.kernel = {3, 2};
  CHECK(cost(pool) == 6);
  CHECK(cost(Elementwise{"add"}, {{4, 4, 8}, {4, 4, 8}}) == 1);
  CHECK(cost(Elementwise{"mul"}, {{4, 4, 8}, {1, 1, 8}, {4, 4, 8}}) == 2);
  CHECK(cost(Concat{}, {{4, 4, 8}, {4, 4, 2}}) == 1);
  CHECK(cost(Upsample{{2, 2}}) == 1);
}

TEST_CASE("each entry of the cost table is that of its operations", "[gpeu]") {
  const GpeuCosts costs{2, 3, 5, 7, 11, 13};
  const std::vector<Shape> one{{4, 4, 8}};
  CHECK(cost(Bias{}, one, costs) == 2);
  CHECK(cost(BatchNorm{}, one, costs) == 3);
  CHECK(cost(Activation{"relu"}, one, costs) == 5);
  CHECK(cost(Activation{"mish"}, one, costs) == 7);
  Pool pool;
  pool.kernel = {3, 2};
  CHECK(cost(pool, one, costs) == 6 * 11);
  CHECK(cost(Elementwise{"add"}, {{4, 4, 8}, {4, 4, 8}, {4, 4, 8}}, costs) == 2 * 2);
  CHECK(cost(Concat{}, {{4, 4, 8}, {4, 4, 2}}, costs) == 13);
  CHECK(cost(Upsample{{2, 2}}, one, costs) == 13);
}

TEST_CASE("an epilogue costs its operations, before a pooling by the set and behind it by the result", "[gpeu]") {
  test::NetworkBuilder net;
  const OperationId conv = net.conv(net.input({8, 8, 3}), 6, 1);
  net.conv(net.relu(net.max_pool(net.add(Activation{"sigmoid"}, {conv}), 2, 2)), 4, 1);
  const ExecutionPlan plan = plan_of(net.graph(), {4, 4});
  const Station& first = plan.stations[StationId{1}];
  REQUIRE(first.epilogue.size() == 3);
  CHECK(first.cost_per_set_element == 2);
  CHECK(first.cost_per_result_element == 4 + 1);
  CHECK(first.gpeu_work(SetId{0}, {0, 6}) == (16 * 2 + 4 * 5) * 6);
  CHECK(first.gpeu_work(SetId{3}, {2, 3}) == 16 * 2 + 4 * 5);
  // Nothing behind the last layer.
  CHECK(plan.stations[StationId{2}].gpeu_work(SetId{0}, {0, 4}) == 0);
}

TEST_CASE("an operation with a home of its own costs by its result", "[gpeu]") {
  test::NetworkBuilder net;
  const OperationId a = net.conv(net.input({4, 4, 3}), 5, 1);
  const OperationId b = net.conv(a, 5, 1);
  net.conv(net.add_maps(a, b), 2, 1);
  const ExecutionPlan plan = plan_of(net.graph(), {2, 2});
  const auto sum = std::ranges::find(plan.stations, Station::Kind::gpeu, &Station::kind);
  REQUIRE(sum != plan.stations.end());
  CHECK(sum->cost_per_result_element == 0);
  // A row of a set of 2 x 2.
  CHECK(sum->gpeu_work(SetId{1}, {0, 5}) == 2 * 5);
}

}  // namespace crossweave
