using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// What the guarded build checks about the operations of a <see cref="Program{T}"/>: before one runs, all that it must write is poison;
/// after it no poison may be left there, nothing beyond the batch's rows may have changed, and all red zones are whole. Whatever is wrong
/// names the operation.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class ProgramGuard<T>(Program<T> program, ValueMemory<T> memory)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Dictionary<int, GradientTarget<T>[]> _targets = [];
    private Step _step;

    /// <summary>An operation, with where its backward pass writes.</summary>
    public void AddOperation(Value value, GradientTarget<T>[] targets) => _targets.Add(value.Index, targets);

    public void BeginForward(in Step step)
    {
        _step = step;
        var columns = program.Graph.Columns;
        for (long row = 0; row < step.Rows; row++)
            for (var column = 0; column < columns.Count; column++)
            {
                var id = step.Ids + (row * columns.Count) + column;
                var isList = columns[column].List is not null;
                var ids = isList ? step.Lists + *id + 1 : id;
                var count = isList ? step.Lists[*id] : 1;
                for (var i = 0; i < count; i++)
                    if (ids[i] < columns[column].Offset || ids[i] >= columns[column].Offset + columns[column].Size)
                        throw new MemoryGuardException(
                            $"row {row}, column {column}: found id {ids[i]}, expected {columns[column].Offset} to {columns[column].Offset + columns[column].Size - 1}");
            }

        if (program.Graph.Numeric is { } numeric)
            FillPoison(program.Data(numeric), (long)program.Capacity * numeric.Shape.Size);
    }

    public void BeforeForward(int index)
    {
        var value = program.Graph.Values[index];
        FillPoison(program.Data(value), (long)program.Capacity * value.Most * value.Shape.Size);
    }

    public void AfterForward(int index)
    {
        var value = program.Graph.Values[index];
        RequireWritten(program.Data(value), value, value, "output");
        RequireUntouched(program.Data(value), value, value, (long)program.Capacity * value.Most, "output");
        RequireZones(value, "forward");
    }

    public void EndForward()
    {
        FillPoison(memory.Arena, memory.ArenaLength);
        MemoryGuard.CheckAll("a forward pass");
    }

    public void BeginBackward()
    {
        // Loops by number: a step allocates nothing here either.
        for (var member = 0; member < program.Members; member++)
            if (Poison.IndexIn<T>(program.LogitGradients(member)) is >= 0 and var row)
                throw new MemoryGuardException($"the gradient of member {member}'s logits was not written in row {row}");
    }

    public void BeforeBackward(int index)
    {
        var inputs = program.Graph.Values[index].Inputs;
        for (var i = 0; i < inputs.Count; i++)
            if (_targets[index][i] is { IsWanted: true, Accumulate: false } target)
                FillPoison(target.Data, memory.Stride * inputs[i].Most * inputs[i].Shape.Size);
    }

    public void AfterBackward(int index)
    {
        var value = program.Graph.Values[index];
        for (var i = 0; i < value.Inputs.Count; i++)
        {
            if (_targets[index][i] is not { IsWanted: true } target)
                continue;
            RequireWritten(target.Data, value.Inputs[i], value, "gradient of input");
            RequireUntouched(target.Data, value.Inputs[i], value, memory.Stride * value.Inputs[i].Most, "gradient of input");
        }

        // Nobody reads it any more, but for rows of tables, which are summed up at the end.
        if (value.Operation is { Table: null })
            FillPoison(program.Gradient(value), memory.Stride * value.Most * value.Shape.Size);
        RequireZones(value, "backward");
    }

    public void EndBackward()
    {
        for (var i = 0; i < program.Store.Slots.Count; i++)
            if (program.Store.Slots[i] is var slot && slot.Parameter.IsTrained
                && Poison.IndexIn<T>(program.Store.Gradients(slot.Parameter)) is >= 0 and var place)
                throw new MemoryGuardException($"the gradient of {slot.Parameter.Name} holds what was never written, at {place}");
        for (var i = 0; i < program.Store.Embeddings.Count; i++)
            for (var group = 0; group < program.Store.Embeddings[i].Groups; group++)
                if (program.Store.Embeddings[i] is var table && Poison.IndexIn(table.TouchedGradients(group)) is >= 0 and var place)
                    throw new MemoryGuardException(
                        $"the gradient of table {table.Table.Name} holds what was never written, at {place} of group {group}");
        MemoryGuard.CheckAll("a backward pass");
    }

    private void RequireWritten(T* data, Value shape, Value operation, string what)
    {
        var numbers = new ReadOnlySpan<T>(data, checked(program.RowsOf(shape) * shape.Shape.Size));
        if (Poison.IndexIn(numbers) is >= 0 and var place)
            throw new MemoryGuardException(
                $"{Name(operation)}: its {what} {shape.Name} {shape.Shape} holds what was never written, in row {place / shape.Shape.Size}, number {place % shape.Shape.Size}");
    }

    private void RequireUntouched(T* data, Value shape, Value operation, long room, string what)
    {
        var used = (long)program.RowsOf(shape) * shape.Shape.Size;
        var behind = new ReadOnlySpan<T>(data + used, checked((int)((room * shape.Shape.Size) - used)));
        if (Poison.FirstWritten(behind) is >= 0 and var place)
            throw new MemoryGuardException(
                $"{Name(operation)}: its {what} {shape.Name} {shape.Shape} was written to behind the batch of {_step.Rows} rows, at number {used + place}");
    }

    private void RequireZones(Value operation, string pass)
    {
        for (var i = 0; i < memory.Buffers.Count; i++)
            Require(memory.Buffers[i].Damage);
        Require(program.Store.DenseValues.Damage);
        Require(program.Store.DenseGradients.Damage);

        void Require(string? damage)
        {
            if (damage is not null)
                throw new MemoryGuardException($"{Name(operation)}, {pass}: {damage}");
        }
    }

    private static string Name(Value value) => $"operation {value.Operation!.Name} ({value.Name})";

    private static void FillPoison(T* data, long length)
    {
        for (long done = 0; done < length; done += 1 << 26)
            Poison.Fill(new Span<T>(data + done, (int)Math.Min(1 << 26, length - done)));
    }
}
