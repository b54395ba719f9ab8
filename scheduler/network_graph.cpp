#include "scheduler/network_graph.h"

#include <utility>

namespace crossweave {

Result<OperationId, Failure> NetworkGraph::add(std::string name, OperationKind kind, std::vector<OperationId> inputs) {
  std::vector<Shape> shapes;
  shapes.reserve(inputs.size());
  for (const OperationId input : inputs) {
    check_invariant(input.value() < operations_.size(), "an operation's inputs stand before it");
    shapes.push_back(operations_[input].output);
  }
  const Result<Shape, Failure> shape = output_shape(kind, shapes);
  if (!shape) {
    return shape.error();
  }
  return operations_.push_back({std::move(name), std::move(kind), std::move(inputs), *shape});
}

std::vector<Shape> NetworkGraph::input_shapes(OperationId id) const {
  std::vector<Shape> shapes;
  for (const OperationId input : operations_[id].inputs) {
    shapes.push_back(operations_[input].output);
  }
  return shapes;
}

IdVector<OperationId, std::vector<OperationId>> NetworkGraph::consumers() const {
  IdVector<OperationId, std::vector<OperationId>> readers(operations_.size());
  for (const OperationId id : ids(operations_)) {
    for (const OperationId input : operations_[id].inputs) {
      readers[input].push_back(id);
    }
  }
  return readers;
}

Rect NetworkGraph::input_region(OperationId id, std::size_t input, const Rect& output) const {
  const Operation& operation = operations_[id];
  const std::vector<Shape> shapes = input_shapes(id);
  const Rect region{
      axis_map(operation.kind, Axis::rows, input, shapes).apply(output.rows, shapes[input].height),
      axis_map(operation.kind, Axis::columns, input, shapes).apply(output.columns, shapes[input].width),
  };
  return region.empty() ? Rect{} : region;
}

}  // namespace crossweave
