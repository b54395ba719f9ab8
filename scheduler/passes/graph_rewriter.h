// Shared by the passes: copies a graph operation by operation while a pass inserts, replaces or drops some.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/network_graph.h"

namespace crossweave {

class GraphRewriter {
 public:
  explicit GraphRewriter(const NetworkGraph& source) : source_{source}, target_{source.name()}, image_(source.size()) {}

  /// The new inputs of an old operation, in order; inputs that were dropped are left out.
  [[nodiscard]] std::vector<OperationId> inputs_of(OperationId old) const {
    std::vector<OperationId> inputs;
    for (const OperationId input : source_[old].inputs) {
      if (image_[input]) {
        inputs.push_back(*image_[input]);
      }
    }
    return inputs;
  }

  /// Adds an operation that must fit: a pass only rearranges what was valid.
  OperationId add(std::string name, OperationKind kind, std::vector<OperationId> inputs) {
    const Result<OperationId, Failure> id = target_.add(std::move(name), std::move(kind), std::move(inputs));
    check_invariant(id.has_value(), "a pass keeps shapes valid");
    return *id;
  }

  /// What an old operation's output is called from now on; it keeps the bits that the file states for it.
  void set_image(OperationId old, OperationId replacement) {
    image_[old] = replacement;
    target_.set_output_bits(replacement, source_[old].output_bits);
  }
  [[nodiscard]] std::optional<OperationId> image(OperationId old) const { return image_[old]; }

  /// Copies an operation unchanged.
  void copy(OperationId old) { set_image(old, add(source_[old].name, source_[old].kind, inputs_of(old))); }

  [[nodiscard]] NetworkGraph take() && { return std::move(target_); }

 private:
  const NetworkGraph& source_;
  NetworkGraph target_;
  IdVector<OperationId, std::optional<OperationId>> image_;
};

}  // namespace crossweave
