// A part of a network as a network of its own: what runs while the weights of some base layers are resident.
#pragma once

#include <cstddef>

#include "scheduler/mapped_network.h"

namespace crossweave {

/// Base layers [first, last) in graph order: those of a segment.
struct LayerRange {
  std::size_t first{0};
  std::size_t last{0};

  [[nodiscard]] std::size_t size() const { return last - first; }
  friend bool operator==(LayerRange, LayerRange) = default;
};

/// Cuts segments out of one mapped network, which must outlive it.
///
/// An operation runs in the segment of the last base layer on which it depends (those on none: in the first). Padding,
/// slices, reshapes, concatenations and upsampling are the exception: whoever reads them runs them, in each segment
/// that does, since behind them there is no less to store than before them; only where they are the network's own
/// output they run as others do. What a later segment reads, through such operations or at once, is an output of the
/// segment that makes it, and an input of the other under the same name: it lies in the DRAM in between.
class NetworkSegments {
 public:
  explicit NetworkSegments(const MappedNetwork& network);

  /// The segment of some layers, which must not be empty. The layers come in the same order and on the same crossbars.
  [[nodiscard]] MappedNetwork segment(LayerRange layers) const;

 private:
  [[nodiscard]] bool runs_in(OperationId id, LayerRange layers) const;
  [[nodiscard]] bool is_read_after(OperationId id, LayerRange layers) const;

  const MappedNetwork& network_;
  /// Runs where it is read.
  IdVector<OperationId, bool> follows_reader_;
  /// The last base layer on which an operation depends, counted from 0.
  IdVector<OperationId, std::size_t> layer_;
  /// The last base layer whose segment reads an operation's result from where it lies; none: nobody does.
  IdVector<OperationId, std::optional<std::size_t>> last_read_by_;
};

}  // namespace crossweave
