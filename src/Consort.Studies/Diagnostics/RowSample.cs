using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;
using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Foundation.Numbers;

namespace Consort.Studies.Diagnostics;

/// <summary>
/// N rows drawn from a stream of unknown length, each with the same chance (Vitter 1985, algorithm R), the same ones whenever the stream is
/// the same; then what a family's layers give on them.
/// </summary>
internal sealed class RowSample
{
    private readonly int[] _ids; // [N, F]
    private readonly float[] _numeric; // [N, columns]
    private readonly int[] _lists; // [N, room of a row]
    private readonly float[] _labels; // [N]
    private readonly int _capacity;
    private readonly int _fields;
    private readonly int _numerics;
    private readonly int _room;
    private readonly CounterRandom _random = new(0, "diagnosed rows");
    private long _seen;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">N.</param>
    /// <param name="space">The columns.</param>
    public RowSample(int capacity, FeatureSpace space)
    {
        (_capacity, _fields, _numerics) = (capacity, space.Categorical.Count, space.Numeric.Count);
        _room = space.ListRoom;
        _ids = new int[capacity * _fields];
        _numeric = new float[capacity * _numerics];
        _lists = new int[capacity * _room];
        _labels = new float[capacity];
    }

    /// <summary>How many rows are held, at most N.</summary>
    public int Rows => (int)Math.Min(_seen, _capacity);

    /// <summary>Global ids, [N, F]; of list columns where a list begins in <see cref="Lists"/>.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Rows * _fields);

    /// <summary>Numeric values, [N, columns].</summary>
    public ReadOnlySpan<float> Numbers => _numeric.AsSpan(0, Rows * _numerics);

    /// <summary>The lists of all rows.</summary>
    public ReadOnlySpan<int> Lists => _lists;

    /// <summary>0 or 1, [N].</summary>
    public ReadOnlySpan<float> Labels => _labels.AsSpan(0, Rows);

    /// <summary>Shows it the next rows of the stream.</summary>
    public void Add(Batch batch)
    {
        for (var row = 0; row < batch.Rows; row++, _seen++)
        {
            var place = _seen < _capacity ? _seen : (long)(_random.Uniform((ulong)_seen) * (_seen + 1));
            if (place >= _capacity)
                continue;
            var from = (int)place * _room;
            batch.CopyRow(row, _ids.AsSpan((int)place * _fields, _fields), _lists.AsSpan(from, _room), from);
            _labels[place] = batch.Labels[row];
            batch.NumericOf(row).CopyTo(_numeric.AsSpan((int)place * _numerics));
        }
    }

    /// <summary>What each tap gives on the rows, in evaluation mode.</summary>
    /// <exception cref="ConsortException">A layer gives numbers that are not finite.</exception>
    public Representation[] Represent(Program<float> program, IReadOnlyList<Tap> taps)
    {
        var results = taps.Select(t => new Representation(new float[Rows * t.Value.Shape.Size], Rows, t.Value.Shape.Size)).ToArray();
        for (var first = 0; first < Rows; first += program.Capacity)
        {
            var rows = Math.Min(program.Capacity, Rows - first);
            program.Forward(_ids.AsSpan(first * _fields), _numeric.AsSpan(first * _numerics), new Step(rows, isTraining: false, seed: 0),
                _lists);
            for (var t = 0; t < results.Length; t++)
                program.Activations(taps[t].Value).CopyTo(results[t].Values.AsSpan(first * results[t].Units));
        }

        for (var t = 0; t < results.Length; t++)
            if (results[t].Values.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue) >= 0)
                throw new ConsortException($"member {taps[t].Member}, layer {taps[t].Name}: found numbers that are not finite, expected weights that training has not blown up");
        return results;
    }
}
