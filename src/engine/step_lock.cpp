// SPDX-License-Identifier: Apache-2.0
#include "engine/step_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <chrono>
#include <thread>

#include "sys/file.hpp"

namespace tmplbuild {

Result<StepLock> StepLock::acquire(const Store& store, const Digest& key, const std::stop_token& stop,
                                   const std::function<void()>& waits) {
    const auto place = store.root() / "locks" / key.hex();
    if (auto made = sys::make_directories(place.parent_path()); !made) return made.error();
    auto file = sys::open_fd(place, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
    if (!file) return file.error();
    for (bool said = false; ::flock(file->get(), LOCK_EX | LOCK_NB) != 0; said = true) {
        if (errno != EWOULDBLOCK && errno != EINTR) return os_error("lock", place, errno);
        if (stop.stop_requested()) return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
        if (!said) waits();
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return StepLock(std::move(*file));
}

}  // namespace tmplbuild
