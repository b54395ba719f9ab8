// What the modules publish: plain values with the time at which they happen. Counts make energy a table away.
#pragma once

#include <cstdint>

#include "arch/ids.h"
#include "arch/units.h"
#include "scheduler/execution_plan.h"

namespace crossweave {

/// What a transaction carries.
enum class TransactionKind {
  set_command,  ///< the feeder tells a duplicate which set comes next
  ifm,          ///< input vectors, from a tile's buffer to its crossbars
  psum,         ///< partial sums on their way to a result's home
  ofm,          ///< a region of a result, to a tile that needs it
  dram_read,    ///< a region of the network's input
  dram_write    ///< a region of the network's output
};

/// A stretch of a journey: what a result, a transfer or an operation did, or waited for.
using LegId = Id<struct LegTag>;

/// What goes by between a set and those that wait for its result.
enum class Activity {
  computing,          ///< where a journey begins: a set on crossbars, or the asking for the network's input
  gpeu,               ///< in a GPEU, or in its queue
  buffer_port,        ///< passing a buffer's port, or waiting for it
  noc_serialization,  ///< on the way through an empty network
  noc_contention,     ///< waiting for others in the network, or for the way into it
  dram,               ///< being read or written, or waiting for it
  input_space,        ///< waiting for room in the consumer's input buffer
  output_blocked      ///< waiting for room in the output buffer in which a result is to lie
};

/// A leg has ended; it began where that before it ended.
struct JourneyLeg {
  LegId id;      ///< counted from 1
  LegId before;  ///< 0: none
  Activity activity;
  Duration end;
  StationId station;  ///< whose result it is, or whose operation
};

/// All that a set of a base layer reads on one tile is there.
struct InputComplete {
  Duration at;
  std::uint32_t image;
  LayerId layer;
  DuplicateId duplicate;
  SetId set;
  TileId tile;
  LegId cause;  ///< the last leg of what came last; 0: nothing had to come
};

/// A set of a base layer lacks nothing but its turn on the crossbars, and reading in.
struct SetReady {
  Duration at;
  std::uint32_t image;
  LayerId layer;
  DuplicateId duplicate;
  SetId set;
};

/// A set of a base layer starts on all PEs of a duplicate.
struct SetStarted {
  Duration at;
  std::uint32_t image;
  LayerId layer;
  DuplicateId duplicate;
  SetId set;
  LegId cause{};       ///< the last leg of what it waited for, other than the set before it and its own reading in
  Duration reading{};  ///< when it began to be read from the buffers into the crossbars, which has just ended
};

struct SetFinished {
  Duration at;
  std::uint32_t image;
  LayerId layer;
  DuplicateId duplicate;
  SetId set;
  LegId leg{};  ///< with which the journeys of its results begin
};

/// A crossbar begins the matrix-vector multiplications of a set.
struct MvmStarted {
  Duration at;
  PeId pe;
  LayerId layer;
  SetId set;
  std::int64_t mvms;         ///< matrix-vector multiplications, one a pixel
  std::int64_t rows_driven;  ///< row drives: mvms * rows in use
  std::int64_t conversions;  ///< analogue-to-digital conversions: mvms * columns in use
  std::uint32_t image{0};
};

struct MvmFinished {
  Duration at;
  PeId pe;
};

/// The level of a tile's buffer changed.
struct BufferLevel {
  enum class Which { input, output };
  Duration at;
  TileId tile;
  Which which;
  Bytes level;
};

/// A transfer reached its destination. Both ends equal: it stayed within its tile and used no link.
struct TransferDelivered {
  Duration at;
  TransactionKind kind;
  EndpointId source;
  EndpointId destination;
  Bytes size;
  int routers;          ///< routers passed, 0 within a tile
  Duration sent;        ///< when the sender handed it to its network interface
  bool spilled{false};  ///< to the DRAM or back, for want of room
  /// Of `routers`, those that forwarded it together with a copy that is counted elsewhere: of a multicast.
  int shared_routers{0};
};

/// Part of a transfer crosses a channel of the network on chip: a packet, or a piece of one; the whole of it, in no
/// time, where the network is ideal.
struct LinkCrossed {
  Duration begin;  ///< now
  Duration end;    ///< when the channel is free again
  MeshPosition router;
  int port;    ///< of that router, a RouterSide; from `local` on: to what stands at the router
  Bytes size;  ///< headers included
  std::uint32_t image;
  StationId station;  ///< whose result it is
  SetId set;
};

/// A GPEU has run the operations of one set.
struct GpeuOperation {
  Duration at;
  TileId tile;
  std::int64_t work;  ///< lane-operations
  Duration begin{};
  std::uint32_t image{0};
  StationId station{};
  SetId set{};
};

/// The DRAM has read or written something.
struct DramAccess {
  Duration at;
  bool write;
  Bytes size;
  bool spilled{false};  ///< not of the network's input or output
  std::uint32_t image{0};
  LegId leg{};  ///< with which it ended
};

}  // namespace crossweave
