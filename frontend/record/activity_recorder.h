// What a run measured: when the layers ran, how long each PE computed, and what was moved.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "arch/ids.h"
#include "arch/units.h"
#include "models/events.h"
#include "scheduler/placement.h"

namespace crossweave {

/// The source of the measured latency and utilization. Counts what has finished: in a run that is cut off, the sets
/// under way are missing. Throws InternalError at events that do not fit together, such as a PE that starts a set while
/// it computes another.
class ActivityRecorder {
 public:
  struct Layer {
    std::optional<Duration> first_start;  ///< of a set
    Duration last_finish;                 ///< of a set
    Duration active;                      ///< time computing, summed over the layer's PEs
    std::int64_t sets{0};                 ///< finished
  };
  struct Image {
    std::optional<Duration> first_start;  ///< of a set
    Duration finish;                      ///< of its last set, or when the last of its output reached the DRAM
  };
  /// What was delivered of one kind of transfer.
  struct Traffic {
    std::int64_t transfers{0};
    Bytes size;
    Bytes over_links;  ///< the share of `size` that left its tile
  };

  /// For the PEs, layers and duplicates of `placement`, which is only read here.
  explicit ActivityRecorder(const Placement& placement);

  void on(const SetStarted& event);
  void on(const SetFinished& event);
  void on(const MvmStarted& event);
  void on(const MvmFinished& event);
  void on(const DramAccess& event);
  void on(const TransferDelivered& event);

  /// When the last set finished or the last result reached the DRAM, whichever is later.
  [[nodiscard]] Duration latency() const { return latency_; }
  /// Time a PE computed; 0 for those without weights.
  [[nodiscard]] Duration active(PeId pe) const { return pes_[pe].active; }
  /// Time computing, summed over all PEs: the numerator of utilization().
  [[nodiscard]] Duration total_active() const;
  [[nodiscard]] const IdVector<LayerId, Layer>& layers() const { return layers_; }
  /// By image, those of which something happened.
  [[nodiscard]] const std::vector<Image>& images() const { return images_; }
  /// Sets finished, of all layers.
  [[nodiscard]] std::int64_t sets() const;
  /// Matrix-vector multiplications finished, counted on each crossbar.
  [[nodiscard]] std::int64_t mvms() const { return mvms_; }
  [[nodiscard]] const Traffic& traffic(TransactionKind kind) const { return traffic_[static_cast<std::size_t>(kind)]; }
  /// Bytes that left their tiles, and the same times the routers that they passed.
  [[nodiscard]] Bytes over_links() const;
  [[nodiscard]] std::int64_t byte_hops() const { return byte_hops_; }
  /// Of the network's input and output.
  [[nodiscard]] Bytes dram_read() const { return dram_read_; }
  [[nodiscard]] Bytes dram_written() const { return dram_written_; }
  /// What went to the DRAM for want of room, and what came back: some of it several times.
  [[nodiscard]] Bytes spilled() const { return spilled_; }
  [[nodiscard]] Bytes read_back() const { return read_back_; }

 private:
  static constexpr std::size_t kTransactionKinds = static_cast<std::size_t>(TransactionKind::dram_write) + 1;

  struct Pe {
    std::optional<MvmStarted> running;
    Duration active;
  };

  [[nodiscard]] Image& image(std::uint32_t number);
  /// Something of an image was done.
  void finish(std::uint32_t image, Duration at);

  IdVector<PeId, Pe> pes_;
  IdVector<LayerId, Layer> layers_;
  IdVector<LayerId, IdVector<DuplicateId, std::optional<SetId>>> running_sets_;
  std::vector<Image> images_;
  std::array<Traffic, kTransactionKinds> traffic_{};
  std::int64_t byte_hops_{0};
  std::int64_t mvms_{0};
  Bytes dram_read_;
  Bytes dram_written_;
  Bytes spilled_;
  Bytes read_back_;
  Duration latency_;
};

}  // namespace crossweave
