// A network as operations on feature maps, in topological (file) order.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "arch/diagnostics.h"
#include "arch/ids.h"
#include "scheduler/geometry.h"
#include "scheduler/operations.h"

namespace crossweave {

/// One operation and the one map that it produces.
struct Operation {
  std::string name;
  OperationKind kind;
  std::vector<OperationId> inputs;
  Shape output;
  /// Bits of an element of the result where the network file states them; 0: as the architecture says.
  int output_bits{0};
};

/// Operations in graph order: every input of an operation stands before it.
class NetworkGraph {
 public:
  explicit NetworkGraph(std::string name) : name_{std::move(name)} {}

  /// Appends an operation and infers its shape. Fails, without change, when the inputs do not fit it.
  Result<OperationId, Failure> add(std::string name, OperationKind kind, std::vector<OperationId> inputs);

  void set_output_bits(OperationId id, int bits) { operations_[id].output_bits = bits; }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t size() const { return operations_.size(); }
  [[nodiscard]] const Operation& operator[](OperationId id) const { return operations_[id]; }
  [[nodiscard]] const IdVector<OperationId, Operation>& operations() const { return operations_; }

  /// Shapes of an operation's inputs, in order.
  [[nodiscard]] std::vector<Shape> input_shapes(OperationId id) const;
  /// The operations that read an operation's output, in graph order; one entry per read.
  [[nodiscard]] IdVector<OperationId, std::vector<OperationId>> consumers() const;

  /// The region of input `input` that `output` of an operation needs; empty when it needs none.
  [[nodiscard]] Rect input_region(OperationId id, std::size_t input, const Rect& output) const;

 private:
  std::string name_;
  IdVector<OperationId, Operation> operations_;
};

}  // namespace crossweave
