using Consort.Data.Schemas;

namespace Consort.Data.Encoders;

/// <summary>What one worker has seen of a generated field in encoded training rows; the same in whatever order rows came.</summary>
internal abstract class GeneratedCounter : IDisposable
{
    /// <summary>Counts a row.</summary>
    public abstract void Count(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists);

    /// <summary>Takes over what another worker has seen.</summary>
    public abstract void Merge(GeneratedCounter other);

    /// <summary>Writes what was seen, or adds what another process has written.</summary>
    public abstract void Keep(CounterState state);

    /// <summary>The column.</summary>
    /// <param name="field">The field.</param>
    /// <param name="index">Its place behind the schema's fields.</param>
    /// <param name="minCount">Pairs seen fewer times are out-of-vocabulary.</param>
    public abstract ColumnEncoder Fit(Field field, int index, int minCount);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>The counter of a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="columns">The columns of ids, fitted, that are not generated.</param>
    public static GeneratedCounter Of(Field field, IReadOnlyList<ColumnEncoder> columns) => field.Kind == FieldKind.Lookup
        ? new LookupCounter(LookupKey.Of(field, columns)) : new CrossCounter(CrossKey.Of(field, columns), field.Transform.Count);

    private sealed class CrossCounter(CrossKey key, int hashes) : GeneratedCounter
    {
        private readonly TokenCounts _counts = new();

        public override void Count(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists)
        {
            Span<byte> pair = stackalloc byte[key.Bytes];
            if (hashes > 0 || !key.TryWrite(ids, pair)) return;
            _counts.Add(TokenProbe.Of(pair), pair, 1);
        }

        public override void Merge(GeneratedCounter other) => _counts.Add(((CrossCounter)other)._counts);

        public override void Keep(CounterState state) => _counts.Keep(state);

        public override ColumnEncoder Fit(Field field, int index, int minCount) => hashes > 0
            ? new CrossHashColumn(field.Name, index, key, hashes)
            : new CrossColumn(field.Name, index, key, _counts.Fit(minCount));

        public override void Dispose()
        {
            _counts.Dispose();
            base.Dispose();
        }
    }

    private sealed class LookupCounter(LookupKey key) : GeneratedCounter
    {
        private readonly NumberTally _tally = new();
        private long _outs;
        private long _ins;

        public override void Count(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists)
        {
            if (key.Of(ids, lists, 0) is not { } weight) return;
            _tally.Add(weight);
            if (key.Holds(ids, lists, 0) == true) _ins++;
            else _outs++;
        }

        public override void Merge(GeneratedCounter other)
        {
            var that = (LookupCounter)other;
            _tally.Add(that._tally);
            (_outs, _ins) = (_outs + that._outs, _ins + that._ins);
        }

        public override void Keep(CounterState state)
        {
            _tally.Keep(state);
            state.Sum(ref _outs);
            state.Sum(ref _ins);
        }

        public override ColumnEncoder Fit(Field field, int index, int minCount) => field.Result == LookupResult.Number
            ? new LookupNumber(field, index, key, _tally.Facts()) : new LookupToken(field.Name, index, key, _outs, _ins);
    }
}
