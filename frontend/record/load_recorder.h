// How much of a chip's buffers, GPEUs and channels a run used.
#pragma once

#include <cstddef>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "frontend/record/link_index.h"
#include "models/events.h"

namespace crossweave {

class LoadRecorder {
 public:
  explicit LoadRecorder(std::size_t tiles) : tiles_(tiles) {}

  void on(const BufferLevel& event);
  void on(const GpeuOperation& event);
  void on(const LinkCrossed& event);

  struct Tile {
    Bytes input_peak;  ///< the highest level
    Bytes output_peak;
    Duration gpeu_busy;
  };
  [[nodiscard]] const IdVector<TileId, Tile>& tiles() const { return tiles_; }

  struct Link {
    LinkPlace place;
    Bytes size;     ///< that crossed it
    Duration busy;  ///< nothing where the network is ideal
  };
  /// The channels that were used, by row, column and port.
  [[nodiscard]] std::vector<Link> links() const;

 private:
  IdVector<TileId, Tile> tiles_;
  LinkIndex index_;
  std::vector<Link> links_;
};

}  // namespace crossweave
