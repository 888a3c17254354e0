using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>Where <see cref="ProjectFields"/> takes a field from.</summary>
/// <param name="Input">The input's number.</param>
/// <param name="Index">The field's place in it.</param>
/// <param name="Matrix">P, [d, D], or null for a field that is taken as it is.</param>
public sealed record FieldSource(int Input, int Index, Parameter? Matrix);

/// <summary>
/// Brings embeddings of several sizes to one, [B, F₁, d₁], [B, F₂, d₂], … → [B, F, D]: y_f = P_fᵀ e_f with a learned matrix and no bias, or
/// y_f = e_f where there is no matrix. ∂P_f = Σ_B e_f ∂y_fᵀ, ∂e_f = P_f ∂y_f. Source: Ginart, Naumov, Mudigere, Yang and Zou 2019, "Mixed
/// Dimension Embeddings", section 3.
/// </summary>
public sealed class ProjectFields : Operation
{
    /// <summary>Describes the projection.</summary>
    /// <param name="fields">The fields of the output in order; every field of every input once.</param>
    /// <param name="dimension">D.</param>
    public ProjectFields(IReadOnlyList<FieldSource> fields, int dimension)
    {
        (Fields, Dimension) = (fields, dimension);
        Parameters = [.. fields.Select(f => f.Matrix).OfType<Parameter>().Distinct()];
    }

    /// <inheritdoc/>
    public override string Name => "project_fields";

    /// <summary>The fields of the output in order.</summary>
    public IReadOnlyList<FieldSource> Fields { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; }

    internal int Dimension { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var count = 0;
        foreach (var input in inputs)
            count += input.Rank == 2 ? input[0] : throw Mismatch(inputs, "[F, d] each");
        var distinct = new HashSet<(int, int)>();
        foreach (var (input, index, matrix) in Fields)
        {
            var fits = (uint)input < inputs.Length && (uint)index < inputs[input][0] && distinct.Add((input, index))
                && (matrix is null ? inputs[input][1] == Dimension : matrix.Shape == new Shape(inputs[input][1], Dimension));
            if (!fits)
                throw Mismatch(inputs, $"field {index} of input {input} once, of size {Dimension} or with a matrix to it");
        }

        return distinct.Count == count && count > 0 ? new Shape(count, Dimension) : throw Mismatch(inputs, $"{distinct.Count} fields");
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs)
    {
        long flops = 0;
        foreach (var field in Fields)
            flops += 2L * (field.Matrix?.Shape.Size ?? 0);
        return flops;
    }

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var fields = new FormValue[Fields.Count]; // [B, 1, D] each
        for (var i = 0; i < fields.Length; i++)
        {
            var (input, index, matrix) = Fields[i];
            var own = form.Slice(form.Inputs[input], index, index + 1); // [B, 1, d]
            fields[i] = matrix is null ? own : form.Node("MatMul", own, form.Weight(matrix));
        }

        return form.Node("Concat", new FormAttribute("axis", 1), fields);
    }
}

internal sealed unsafe class ProjectFieldsKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _dimension;
    private readonly T* _output; // [B, F, D]
    private readonly T* _outputGradient;
    private readonly Part[] _parts;
    private readonly ChunkSums<T>[] _sums; // one a matrix, [d, D]
    private readonly nint[] _gradients; // one a matrix

    public ProjectFieldsKernel(ProjectFields projection, Binding<T> binding) : base(binding.Workers)
    {
        _dimension = projection.Dimension;
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        _sums = [.. projection.Parameters.Select(p => new ChunkSums<T>(binding, p.Shape.Size))];
        _gradients = [.. projection.Parameters.Select(p => (nint)binding.Gradients(p))];
        _parts = [.. projection.Fields.Select(f => new Part(projection, f, binding))];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (parts, dimension) = (_parts, _dimension);
        for (var field = 0; field < parts.Length; field++)
        {
            ref readonly var part = ref parts[field];
            for (long row = start; row < end; row++)
            {
                var input = part.Input + (row * part.Stride);
                var output = _output + (((row * parts.Length) + field) * dimension);
                if (part.Matrix == null)
                {
                    VectorMath.Copy(output, input, dimension);
                    continue;
                }

                VectorMath.Scale(output, part.Matrix, input[0], dimension);
                for (var i = 1; i < part.Size; i++)
                    VectorMath.AddScaled(output, part.Matrix + ((long)i * dimension), input[i], dimension);
            }
        }
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        for (var i = 0; i < _sums.Length; i++)
            _sums[i].AddTo((T*)_gradients[i], step.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var (parts, dimension) = (_parts, _dimension);
        for (var i = 0; i < _sums.Length; i++)
            _sums[i].Open(start);
        for (var field = 0; field < parts.Length; field++)
        {
            ref readonly var part = ref parts[field];
            var sums = part.Sums < 0 ? null : _sums[part.Sums].Peek(start);
            for (long row = start; row < end; row++)
            {
                var gradient = _outputGradient + (((row * parts.Length) + field) * dimension);
                var target = part.Target + (row * part.Stride);
                if (part.Matrix == null)
                {
                    if (part.Target != null)
                        VectorMath.Put(target, gradient, part.Accumulate, dimension);
                    continue;
                }

                var input = part.Input + (row * part.Stride);
                for (var i = 0; i < part.Size; i++)
                {
                    var place = (long)i * dimension;
                    VectorMath.AddScaled(sums + place, gradient, input[i], dimension);
                    if (part.Target == null)
                        continue;
                    var slope = VectorMath.Dot(gradient, part.Matrix + place, dimension);
                    target[i] = part.Accumulate ? target[i] + slope : slope;
                }
            }
        }
    }

    // A field of the output and where it comes from.
    private readonly struct Part
    {
        public Part(ProjectFields projection, FieldSource field, Binding<T> binding)
        {
            var shape = binding.InputShape(field.Input);
            var offset = (long)field.Index * shape[1];
            (Size, Stride) = (shape[1], shape.Size);
            Input = binding.Input(field.Input) + offset;
            var target = binding.InputGradient(field.Input);
            Target = target.IsWanted ? target.Data + offset : null;
            Accumulate = target.Accumulate;
            Matrix = field.Matrix is null ? null : binding.Values(field.Matrix);
            Sums = -1;
            for (var i = 0; i < projection.Parameters.Count; i++)
                if (projection.Parameters[i] == field.Matrix)
                    Sums = i;
        }

        public int Size { get; } // d

        public int Stride { get; } // numbers of the input's rows

        public T* Input { get; }

        public T* Target { get; } // or null

        public bool Accumulate { get; }

        public T* Matrix { get; } // [d, D] or null

        public int Sums { get; }
    }
}
