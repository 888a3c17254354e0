using System.Globalization;

namespace Consort.Foundation.Memory;

/// <summary>
/// The guarded build, <c>-p:Guarded=true</c>: red zones around native memory, poison in what is not yet written, and memory that is kept
/// for a while after it was freed. In other builds none of this exists.
/// </summary>
public static class MemoryGuard
{
    private static string? _pending;

    /// <summary>Whether this build is guarded; the compiler leaves out what it guards where it is not.</summary>
    public static bool IsOn =>
#if CONSORT_GUARDED
        true;
#else
        false;
#endif

    /// <summary>Looks at the red zones of all memory in use.</summary>
    /// <param name="after">What has just run, for the message.</param>
    /// <exception cref="MemoryGuardException">Someone has written where nothing is his.</exception>
    public static void CheckAll(string after)
    {
        if (!IsOn)
            return;
        ThrowPending();
        if (GuardedBlocks.FirstDamage() is { } damage)
            throw new MemoryGuardException($"after {after}: {damage}");
    }

    /// <summary>Looks at memory that was freed a short while ago.</summary>
    /// <exception cref="MemoryGuardException">Someone has written into it since.</exception>
    public static void CheckFreed()
    {
        if (IsOn && GuardedBlocks.FirstWriteAfterFree() is { } damage)
            throw new MemoryGuardException(damage);
    }

    /// <summary>Fails, or has the next check fail where nobody would catch it: in a finalizer.</summary>
    internal static void Fail(string message, bool isFinalizer)
    {
        if (!isFinalizer)
            throw new MemoryGuardException(message);
        Volatile.Write(ref _pending, message);
    }

    internal static void ThrowPending()
    {
        if (Interlocked.Exchange(ref _pending, null) is { } message)
            throw new MemoryGuardException(message);
    }

    internal static string Say(long number) => number.ToString(CultureInfo.InvariantCulture);
}
