using Consort.Foundation.Options;
using Consort.Serving.Packages;

namespace Consort.Serving;

/// <summary>
/// The scorer that is in use now, which can be put in another's place while calls go on: none fails, and each is answered by one package
/// from beginning to end. The old package is given up when its last call ends.
/// </summary>
/// <param name="first">The scorer to begin with; disposed of when its time is over.</param>
public sealed class LiveScorer(Scorer first) : IDisposable
{
    private Scorer _current = first;
    private bool _isDisposed;
    private readonly Lock _gate = new();

    /// <summary>Loads a package to begin with.</summary>
    /// <exception cref="ConsortException">As of <see cref="Scorer.Load"/>.</exception>
    public static LiveScorer Load(
        string path, PackageCheck check = PackageCheck.Whole, PackageStorage storage = PackageStorage.Memory,
        Catalogues? catalogues = null) =>
            new(Scorer.Load(path, check, storage, catalogues));

    /// <summary>
    /// The scorer of now. It may be given up at any moment: to make several calls of one scorer, see <see cref="Lease"/>.
    /// </summary>
    public Scorer Current => Volatile.Read(ref _current);

    /// <summary>Scores an impression given as raw values by the scorer of now.</summary>
    /// <inheritdoc cref="Scorer.Score(ReadOnlySpan{ReadOnlyMemory{byte}})"/>
    public float Score(ReadOnlySpan<ReadOnlyMemory<byte>> values)
    {
        using var lease = Lease();
        return lease.Scorer.Score(values);
    }

    /// <summary>Scores a typed row by the scorer of now.</summary>
    /// <inheritdoc cref="RowScorer{T}.Score(T)"/>
    public float ScoreRow<T>(T row)
    {
        using var lease = Lease();
        return lease.Scorer.For<T>().Score(row);
    }

    /// <summary>The scorer of now, which stays usable until the lease is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">This was disposed of.</exception>
    public ScorerLease Lease()
    {
        while (true)
        {
            var scorer = Volatile.Read(ref _current);
            if (scorer.Pool.TryHold())
                return new ScorerLease(scorer);
            // Swapped between the two lines above: the next is there already.
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        }
    }

    /// <summary>Puts another scorer in place; calls that began before go on with the old one, which then frees itself.</summary>
    /// <param name="next">The scorer; disposed of when its time is over. That of now stays.</param>
    /// <exception cref="ObjectDisposedException">This or the scorer was disposed of.</exception>
    public void Swap(Scorer next)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (ReferenceEquals(next, _current))
                return;
            if (!next.Pool.TryHold())
                throw new ObjectDisposedException(nameof(Scorer), $"{next.Path}: the scorer was disposed of");
            next.Pool.Release();
            Interlocked.Exchange(ref _current, next).Dispose();
        }
    }

    /// <summary>Loads a package and, if it is whole, puts it in place; otherwise the old one stays.</summary>
    /// <exception cref="ConsortException">As of <see cref="Scorer.Load"/>; nothing has changed.</exception>
    public void Swap(string path, PackageCheck check = PackageCheck.Whole, PackageStorage storage = PackageStorage.Memory,
        Catalogues? catalogues = null) =>
            Swap(Scorer.Load(path, check, storage, catalogues));

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            Volatile.Write(ref _isDisposed, true);
            _current.Dispose();
        }
    }
}

/// <summary>A scorer that stays usable until this is disposed of.</summary>
public readonly struct ScorerLease : IDisposable
{
    internal ScorerLease(Scorer scorer) => Scorer = scorer;

    /// <summary>The scorer.</summary>
    public Scorer Scorer { get; }

    /// <inheritdoc/>
    public void Dispose() => Scorer.Pool.Release();
}
