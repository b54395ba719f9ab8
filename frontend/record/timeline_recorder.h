// What crossbars, GPEUs, channels and buffers did, stretch by stretch.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "frontend/record/link_index.h"
#include "models/events.h"

namespace crossweave {

/// Keeps a run in memory: some 40 bytes for each set on each PE, operation, packet on a channel, and buffer level.
class TimelineRecorder {
 public:
  TimelineRecorder(std::size_t tiles, std::size_t pes) : tiles_(tiles), pes_(pes) {}

  void on(const MvmStarted& event);
  void on(const MvmFinished& event);
  void on(const GpeuOperation& event);
  void on(const LinkCrossed& event);
  void on(const BufferLevel& event);

  /// One thing at a time; stretches of one track never overlap.
  struct Stretch {
    Duration begin;
    std::optional<Duration> end;  ///< unless under way when the run ended
    std::uint32_t image{0};
    StationId station;  ///< not of PEs, which hold the weights of one layer
    SetId set;
  };
  struct Level {
    Duration at;
    Bytes level;
  };
  struct Tile {
    std::vector<Stretch> gpeu;                 ///< operations that take time
    std::array<std::vector<Level>, 2> levels;  ///< by BufferLevel::Which
  };
  struct Link {
    LinkPlace place;
    std::vector<Stretch> stretches;  ///< packets of one set that follow one another at once are one
  };

  [[nodiscard]] const IdVector<PeId, std::vector<Stretch>>& pes() const { return pes_; }
  [[nodiscard]] const IdVector<TileId, Tile>& tiles() const { return tiles_; }
  /// The channels of a network that takes time, by row, column and port.
  [[nodiscard]] std::vector<const Link*> links() const;

 private:
  IdVector<TileId, Tile> tiles_;
  IdVector<PeId, std::vector<Stretch>> pes_;
  LinkIndex index_;
  std::vector<Link> links_;
};

}  // namespace crossweave
