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

/// A set of a base layer starts on all PEs of a duplicate.
struct SetStarted {
  Duration at;
  std::uint32_t image;
  LayerId layer;
  DuplicateId duplicate;
  SetId set;
};

struct SetFinished {
  Duration at;
  std::uint32_t image;
  LayerId layer;
  DuplicateId duplicate;
  SetId set;
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
  int routers;    ///< routers passed, 0 within a tile
  Duration sent;  ///< when the sender handed it to its network interface
};

/// A GPEU has run the operations of one set.
struct GpeuOperation {
  Duration at;
  TileId tile;
  std::int64_t work;  ///< lane-operations
};

/// The DRAM has read or written something.
struct DramAccess {
  Duration at;
  bool write;
  Bytes size;
};

}  // namespace crossweave
