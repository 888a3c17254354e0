using System.Numerics;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Data.Schemas;
using Consort.Foundation.Numbers;

namespace Consort.Models.Tests;

/// <summary>A family with its numbers, its program and one batch.</summary>
internal sealed class Rig<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Workers _workers;
    private readonly FeatureSpace _space;
    private Optimizer<T>? _optimizer;

    public Rig(Family family, FeatureSpace space, int capacity, ulong seed = 1, int threads = 2, Precision precision = Precision.Fp32)
    {
        _space = space;
        _workers = new Workers(threads);
        Graph = family.Build(space);
        Store = new ParameterStore<T>(Graph);
        Store.Initialize(seed);
        Program = new Program<T>(Graph, Store, OperationKernels.Of<T>(), capacity, _workers, gemm: Multiplies.Of(_workers, precision));
        Ids = GC.AllocateArray<int>(Math.Max(1, capacity * space.Categorical.Count), pinned: true);
        Numeric = GC.AllocateArray<float>(Math.Max(1, capacity * space.Numeric.Count), pinned: true);
        Lists = new int[capacity * space.ListRoom];
        Labels = new double[capacity];
    }

    /// <summary>What <see cref="Train"/> steps by; null for Adam.</summary>
    public UpdateRule? Rule { get; set; }

    public Graph Graph { get; }

    public ParameterStore<T> Store { get; }

    public Program<T> Program { get; }

    public int[] Ids { get; } // [B, F]

    public float[] Numeric { get; } // [B, N]

    public int[] Lists { get; } // where ids of list columns say

    public double[] Labels { get; } // [B]

    /// <summary>Gives every number a size at which it matters, the same in float and double.</summary>
    public void Randomise(ulong seed, double deviation = 0.5)
    {
        foreach (var slot in Store.Slots)
            Fill(slot.Parameter.Name, Store.Values(slot.Parameter));
        foreach (var table in Store.Embeddings)
            Fill(table.Table.Name, table.Values.Span);

        void Fill(string name, Span<T> values)
        {
            var random = new CounterRandom(seed, name);
            for (var i = 0; i < values.Length; i++)
                values[i] = T.CreateTruncating((float)(name.EndsWith("/variance", StringComparison.Ordinal)
                    ? 0.5 + random.Uniform((ulong)i)
                    : random.Normal((ulong)i) * deviation));
        }
    }

    public void Draw(int rows, int seed)
    {
        var random = new System.Random(seed);
        for (var row = 0; row < rows; row++)
        {
            var place = row * _space.ListRoom;
            for (var column = 0; column < _space.Categorical.Count; column++)
            {
                ref var id = ref Ids[(row * _space.Categorical.Count) + column];
                if (_space.Categorical[column].List is not null)
                    (id, place) = (place, DrawList(place, _space.Categorical[column], random));
                else
                    id = _space.Categorical[column].Offset + random.Next(_space.Categorical[column].Size);
            }

            for (var column = 0; column < _space.Numeric.Count; column++)
                Numeric[(row * _space.Numeric.Count) + column] = (float)((random.NextDouble() * 2) - 1);
            Labels[row] = random.Next(2);
        }
    }

    /// <summary>Gives a row's column its id, or its ids where that is a list.</summary>
    public void Put(int row, int column, params ReadOnlySpan<int> ids)
    {
        ref var id = ref Ids[(row * _space.Categorical.Count) + column];
        if (_space.Categorical[column].List is not { } list)
        {
            id = ids[0];
            return;
        }

        id = (row * _space.ListRoom) + _space.Categorical.Take(column).Sum(c => c.List?.Room ?? 0);
        Lists[id] = ids.Length;
        ids.CopyTo(Lists.AsSpan(id + 1));
        if (list.IsWeighted)
            Lists.AsSpan(id + 1 + ids.Length, ids.Length).Fill(BitConverter.SingleToInt32Bits(1));
    }

    /// <summary>The ids of a row's list.</summary>
    public ReadOnlySpan<int> ListOf(int row, int column)
    {
        var place = Ids[(row * _space.Categorical.Count) + column];
        return Lists.AsSpan(place + 1, Lists[place]);
    }

    // None, one or several ids, some of them twice; gives the place behind them.
    private int DrawList(int place, Column column, System.Random random)
    {
        var n = Lists[place] = random.Next(column.Length + 1);
        for (var i = 1; i <= n; i++)
        {
            Lists[place + i] = column.Offset + random.Next(column.Size);
            if (column.List!.IsWeighted)
                Lists[place + n + i] = BitConverter.SingleToInt32Bits((float)(0.2 + random.NextDouble()));
        }

        return place + column.List!.RoomOf(n);
    }

    /// <summary>Runs rows [first, first + rows) and gives a member's logits.</summary>
    public T[] Logits(int rows, bool isTraining = false, int member = 0, int first = 0, ulong seed = 5)
    {
        Program.Forward(
            Ids.AsSpan(first * _space.Categorical.Count), Numeric.AsSpan(first * _space.Numeric.Count), new Step(rows, isTraining, seed),
            Lists);
        return Program.Logits(member).ToArray();
    }

    /// <summary>One step of <see cref="Rule"/> on the mean cross-entropy of all members; gives the loss before it.</summary>
    public double Train(int rows, ulong step, double rate = 0.02)
    {
        _optimizer ??= new Optimizer<T>(Store, Rule is null ? new OptimizerOptions() : new OptimizerOptions { Rule = Rule }, _workers);
        Logits(rows, isTraining: true, seed: step);
        var loss = 0.0;
        for (var member = 0; member < Program.Members; member++)
            for (var row = 0; row < rows; row++)
            {
                var z = double.CreateTruncating(Program.Logits(member)[row]);
                loss += (Math.Max(z, 0) - (z * Labels[row]) + Math.Log(1 + Math.Exp(-Math.Abs(z)))) / rows;
                Program.LogitGradients(member)[row] = T.CreateTruncating(((1 / (1 + Math.Exp(-z))) - Labels[row]) / rows);
            }

        Program.Backward();
        _optimizer.Step(rate);
        return loss;
    }

    /// <summary>Every number of the store, running statistics too.</summary>
    public T[] Numbers() => [.. Store.DenseValues.Span, .. Store.Embeddings.SelectMany(e => e.Values.Span.ToArray())];

    /// <summary>The numbers of one parameter or table.</summary>
    public Span<T> Of(string name)
    {
        foreach (var slot in Store.Slots)
            if (slot.Parameter.Name == name)
                return Store.Values(slot.Parameter);
        return Store.Embeddings.Single(e => e.Table.Name == name).Values.Span;
    }

    public void Dispose()
    {
        _optimizer?.Dispose();
        Program.Dispose();
        Store.Dispose();
        _workers.Dispose();
    }
}
