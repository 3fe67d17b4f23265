// SPDX-License-Identifier: Apache-2.0
#include "store/store_use.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>

#include "sys/file.hpp"
#include "sys/pause.hpp"

namespace tmplbuild {

Result<StoreUse> StoreUse::begin(const Store& store, Kind kind, const std::stop_token& stop,
                                 const std::function<void()>& waits) {
    const auto place = store.root() / "locks" / "use";
    if (auto made = sys::make_directories(place.parent_path()); !made) return made.error();
    auto file = sys::open_fd(place, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
    if (!file && kind == Kind::build && (file.error().os_code == EACCES || file.error().os_code == EROFS))
        return StoreUse(sys::Fd());
    if (!file) return file.error();
    const int how = (kind == Kind::build ? LOCK_SH : LOCK_EX) | LOCK_NB;
    for (bool said = false; ::flock(file->get(), how) != 0; said = true) {
        if (errno != EWOULDBLOCK && errno != EINTR) return os_error("lock", place, errno);
        if (!said) waits();
        if (!sys::pause_for(std::chrono::milliseconds(200), stop))
            return Error{.kind = ErrorKind::interrupted, .message = "stopped"};
    }
    return StoreUse(std::move(*file));
}

}  // namespace tmplbuild
