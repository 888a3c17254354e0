using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>
/// One pass over the rows of some sources, one after another, by as many threads as there are consumers. Blocks are read one at a time and
/// in order, and worked on in parallel; every pass sees the same blocks whatever the number of threads. Of several mistakes the one that
/// comes first in the sources is thrown.
/// </summary>
internal sealed class RowPass(
    IReadOnlyList<string> paths, Schema schema, RowRules? rules = null, int blockBytes = Block.DefaultBytes,
    SourceCatalogue? catalogue = null,
    CancellationToken cancellation = default) : IDisposable
{
    private const int ReportMilliseconds = 100;
    private readonly List<(IRowSource Source, long Rows)> _finished = [];
    private readonly Lock _gate = new();
    private IRowSource? _source;
    private Layout? _first;
    private int _at = -1;
    private long _index;
    private long _row;
    private long _rowOfAll; // the rows before the pass among them
    private long _finishedBytes;
    private Exception? _failure;

    /// <summary>Whether <see cref="Identities"/> will be asked for.</summary>
    public bool Identifies { get; init; }

    /// <summary>Rows of sources that come before these, and that others read.</summary>
    public long RowsBefore { get; init => _rowOfAll = field = value; }

    /// <summary>
    /// Whether a block is taken, by its source, the rows of it before the block and its position before it; others read those that are
    /// not. Null for all.
    /// </summary>
    public Func<int, long, long, bool>? Takes { get; init; }

    /// <summary>The rows of all sources read so far.</summary>
    public long Rows => _rowOfAll - RowsBefore;

    /// <summary>What the sources were that were read to their ends.</summary>
    public SourceIdentity[] Identities() => [.. _finished.Select(f => f.Source.Identify(f.Rows))];

    /// <summary>The rows of each source that was read to its end.</summary>
    public long[] RowsOfSources() => [.. _finished.Select(f => f.Rows)];

    /// <summary>Bytes read so far, over all sources.</summary>
    public long Position => _finishedBytes + (_source?.Position ?? 0);

    /// <summary>Reads the next block; false when all sources are at their end. Once it has thrown, it throws the same again.</summary>
    /// <exception cref="ConsortException">A source that cannot be read, or is not made of rows.</exception>
    public bool Read(RowCursor rows)
    {
        if (_failure is { } failure) ExceptionDispatchInfo.Throw(failure);
        try
        {
            var block = rows.Block;
            while (true)
            {
                if (_source is null && !OpenNext()) return false;
                var position = _source!.Position;
                if (_source.Read(block))
                {
                    if (Takes?.Invoke(_at, _row, position) ?? true) break;
                    cancellation.ThrowIfCancellationRequested();
                    _row += block.Rows;
                    _rowOfAll += block.Rows;
                    continue;
                }
                _first ??= _source.Layout;
                _finished.Add((_source, _row));
                _finishedBytes += _source.Position;
                _source.Dispose();
                _source = null;
            }
            _first ??= _source.Layout;
            (block.Index, block.Source, block.FirstRow, block.FirstRowOfAll) = (_index++, _at, _row, _rowOfAll);
            _row += block.Rows;
            _rowOfAll += block.Rows;
            rows.Begin(_source);
            return true;
        }
        catch (Exception e)
        {
            _failure = e;
            throw;
        }
    }

    /// <summary>Has all rows taken.</summary>
    /// <param name="consumers">One for each thread.</param>
    /// <param name="progress">Told the position, about ten times a second.</param>
    /// <param name="abort">Told that one has failed, to wake those that wait.</param>
    public void Run(IReadOnlyList<IRowConsumer> consumers, Action<long>? progress = null, Action? abort = null)
    {
        var (failedBlock, failure) = (long.MaxValue, (Exception?)null);
        var clock = Stopwatch.StartNew();
        long reported = 0;

        void Fail(Exception e, long block)
        {
            lock (_gate)
            {
                if (failure is null || block < failedBlock) (failure, failedBlock) = (e, block);
            }
            abort?.Invoke();
        }

        bool Next(RowCursor rows)
        {
            lock (_gate)
            {
                if (failure is not null) return false;
                cancellation.ThrowIfCancellationRequested();
                // A source that cannot be read on fails where the next block would be. It is noted before anybody else may read.
                rows.Block.Index = _index;
                try
                {
                    if (!Read(rows)) return false;
                }
                catch (Exception e)
                {
                    Fail(e, rows.Block.Index);
                    return false;
                }
                if (clock.ElapsedMilliseconds - reported < ReportMilliseconds) return true;
                reported = clock.ElapsedMilliseconds;
                progress?.Invoke(Position);
                return true;
            }
        }

        void Work(IRowConsumer consumer)
        {
            using var rows = new RowCursor(schema.Fields.Count);
            try
            {
                while (true)
                {
                    // Failing before a block is taken counts as later than failing within any block.
                    rows.Block.Index = long.MaxValue - 1;
                    consumer.Prepare();
                    if (!Next(rows)) return;
                    while (rows.Give(consumer)) { }
                    consumer.Finish(rows.Block);
                }
            }
            catch (Exception e)
            {
                Fail(e, rows.Block.Index);
            }
        }

        Thread[] threads = [.. consumers.Skip(1)
            .Select((c, i) => new Thread(() => Work(c)) { IsBackground = true, Name = $"rows {i + 1}" })];
        foreach (var thread in threads) thread.Start();
        Work(consumers[0]);
        foreach (var thread in threads) thread.Join();
        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
    }

    public void Dispose()
    {
        _source?.Dispose();
        foreach (var (source, _) in _finished) source.Dispose();
    }

    private bool OpenNext()
    {
        if (_at + 1 >= paths.Count) return false;
        _at++;
        _row = 0;
        _source = (catalogue ?? SourceCatalogue.BuiltIn).Open(
            new SourceRequest(paths[_at], schema, rules ?? RowRules.Training, blockBytes, cancellation)
            {
                First = _first,
                IsIdentified = Identifies,
            });
        return true;
    }
}
