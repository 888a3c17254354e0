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
    private readonly List<(IRowSource Source, long Rows)> _finished = [];
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
    public void Run(IReadOnlyList<IRowConsumer> consumers, Action<long>? progress = null, Action? abort = null) =>
        BlockCrew.Run("rows", consumers.Count, i => new Worker(this, consumers[i], schema.Fields.Count),
            progress is null ? null : _ => progress(Position), abort, cancellation);

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

    private sealed class Worker(RowPass pass, IRowConsumer consumer, int fields) : IBlockWorker
    {
        private readonly RowCursor _rows = new(fields);

        public void Prepare() => consumer.Prepare();

        public bool Take(long block) => pass.Read(_rows);

        public void Work()
        {
            while (_rows.Give(consumer)) { }
            consumer.Finish(_rows.Block);
        }

        public void Dispose() => _rows.Dispose();
    }
}
