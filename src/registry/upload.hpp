// SPDX-License-Identifier: Apache-2.0
// One blob into one repository (distribution-spec 1.1, "Pushing blobs"): looked for, mounted from another repository,
// or uploaded in one PUT or in pieces, and gone on with after a cut where the registry says that it is. For the push
// alone. Never believes an offset that cannot be, and never leaves an upload behind that it gave up itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "registry/journal.hpp"
#include "registry/limits.hpp"
#include "registry/outgoing_blob.hpp"
#include "registry/session.hpp"

namespace tmplbuild::registry {

enum class Arrival { was_there, mounted, uploaded };

class BlobUpload {
  public:
    // `lies_in`: another repository of this registry that is known to have it; or empty. The session may read there.
    BlobUpload(Session& session, OutgoingBlob& blob, UploadRecord record, std::string lies_in);

    // Until the registry has the blob, or says no, or some tries in a row brought nothing.
    Result<Arrival> run(const std::stop_token& stop);
    // After an error of run(): a new push can go on, for it was the network or a stop.
    bool may_go_on() const { return !is_refused_; }
    // Why a later push cannot go on with this one; none: it can. run() ends by no such thing.
    const std::optional<Error>& journal_fault() const { return journal_fault_; }
    // Tells the registry that what it has of the blob is not wanted any more, and forgets it. After a stop, or
    // with one before the registry has heard it, it does neither.
    void cancel(const std::stop_token& stop);

  private:
    Result<Arrival> attempt(const std::stop_token& stop);
    Result<bool> is_there(const std::stop_token& stop);
    Result<bool> start(const std::stop_token& stop);  // true: it was mounted
    Result<bool> started(const io::HttpResponse& response);
    Result<void> ask_how_far(const std::stop_token& stop);
    Result<void> send_piece(const std::stop_token& stop);
    Result<void> piece_answered(const io::HttpResponse& response, std::uint64_t end, const std::stop_token& stop);
    Result<void> piece_refused(const io::HttpResponse& response, const std::stop_token& stop);
    Result<void> smaller_pieces(const io::HttpResponse& response);
    // None: it goes on in another way.
    Result<std::optional<Arrival>> close(const std::stop_token& stop);
    Result<std::optional<Arrival>> closed(const io::HttpResponse& response, bool was_one_put,
                                          const std::stop_token& stop);
    // Or an error, where it was often enough. `said`: the answer for which it is done; or none.
    Result<void> start_over(const std::string& why, const io::HttpResponse* said, const std::stop_token& stop);
    bool pause(int tries, const std::stop_token& stop);  // false: it was stopped
    std::uint64_t next_size() const;                     // bytes of the next request
    void remember();
    Error refused(const io::HttpResponse& response);
    Error too_large(const io::HttpResponse& response);
    Error not_now(const io::HttpResponse& response);
    std::string name() const;

    Session& session_;
    OutgoingBlob& blob_;
    UploadRecord record_;
    std::string lies_in_;
    UploadLimits limits_;
    KnownUpload upload_{};      // url empty: there is none
    bool is_in_doubt_ = false;  // how far it is: the registry must be asked
    bool is_closing_ = false;   // all bytes may have arrived, and the blob may be there
    bool was_looked_for_ = false;
    bool was_cut_ = false;  // and gone on with: more than one connection wrote it
    bool is_refused_ = false;
    bool is_told_to_wait_ = false;               // longer than we do
    bool is_piece_learnt_ = false;               // from a registry that refused a larger one
    std::optional<std::uint64_t> refused_at_{};  // a piece that began there, for its place or its size
    std::uint64_t least_piece_ = 0;              // that the registry names
    std::chrono::milliseconds wait_{};           // that the last answer asked for
    std::optional<Error> journal_fault_{};
    int starts_over_ = 0, setbacks_ = 0, lost_at_end_ = 0;
};

}  // namespace tmplbuild::registry
