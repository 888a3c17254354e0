using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>How many matrices a bilinear interaction has.</summary>
public enum BilinearKind
{
    /// <summary>One for all pairs: W, [1, D, D].</summary>
    FieldAll,

    /// <summary>One for each left field: W_i, [F, D, D]. The last field is never a left one, so its matrix stays unused.</summary>
    FieldEach,

    /// <summary>One for each pair: W_ij, [F(F − 1)/2, D, D], pairs in the order of the output.</summary>
    FieldInteraction,
}

/// <summary>
/// The bilinear interaction of all pairs of fields: p_ij = (e_i W) ⊙ e_j for i &lt; j, in the order (0,1), (0,2), …, (1,2), …; W is one for
/// all, W_i or W_ij. One or more inputs [B, F, D] share the matrices, and their results stand side by side: k inputs → [B, k · F(F − 1)/2 ·
/// D], so that the tower behind needs no copy of what is a wide row (23,712 numbers for two inputs of F = 39, D = 16). Source: Huang et al.
/// 2019 (FiBiNET), eq. 5–7.
/// </summary>
public sealed class BilinearInteraction : Operation
{
    /// <summary>Describes the interaction.</summary>
    /// <param name="weight">Stored [matrices, D, D], each from e_i (rows) to e_i W (columns).</param>
    /// <param name="kind">How many matrices there are.</param>
    public BilinearInteraction(Parameter weight, BilinearKind kind)
    {
        if (weight.Shape.Rank != 3 || weight.Shape[1] != weight.Shape[2])
            throw new ArgumentException($"bilinear: found weight {weight.Shape}, expected [matrices, D, D]", nameof(weight));
        (Weight, Kind, Parameters) = (weight, kind, [weight]);
    }

    /// <inheritdoc/>
    public override string Name => "bilinear_interaction";

    /// <summary>[matrices, D, D].</summary>
    public Parameter Weight { get; }

    /// <summary>How many matrices there are.</summary>
    public BilinearKind Kind { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The number of matrices that <paramref name="fields"/> fields need.</summary>
    public static int Matrices(BilinearKind kind, int fields) => kind switch
    {
        BilinearKind.FieldAll => 1,
        BilinearKind.FieldEach => fields,
        _ => fields * (fields - 1) / 2,
    };

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var dimension = Weight.Shape[1];
        var fits = inputs.Length > 0 && inputs[0].Rank == 2 && inputs[0][0] > 1 && inputs[0][1] == dimension
            && Weight.Shape[0] == Matrices(Kind, inputs[0][0]);
        foreach (var input in inputs)
            if (!fits || input != inputs[0])
                throw Mismatch(inputs, $"one or more of one shape [F, {dimension}], at least two fields, for {Weight.Shape[0]} matrices");
        if (!fits)
            throw Mismatch(inputs, $"at least one [F, {dimension}]");
        return new Shape(inputs.Length * (inputs[0][0] * (inputs[0][0] - 1) / 2) * dimension);
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs)
    {
        var (fields, dimension) = ((long)inputs[0][0], (long)inputs[0][1]);
        var pairs = fields * (fields - 1) / 2;
        var products = Kind == BilinearKind.FieldInteraction ? pairs : fields - 1;
        return inputs.Length * ((2 * products * dimension * dimension) + (pairs * dimension));
    }

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var fields = form.InputShape()[0];
        var parts = new FormValue[form.Inputs.Count];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = Pairs(form, form.Inputs[i], fields);
        return parts.Length == 1 ? parts[0] : form.Node("Concat", new FormAttribute("axis", 1), parts);
    }

    // [B, F, D] → [B, P · D]
    private FormValue Pairs(StandardForm form, FormValue fields, int count)
    {
        var (left, right) = StandardForm.Pairs(count);
        var dimension = Weight.Shape[1];
        var factor = Kind switch
        {
            BilinearKind.FieldAll => form.Take(
                form.Node("MatMul", fields, form.Weight(Weight, dimension, dimension)), left), // [B, P, D]
            BilinearKind.FieldEach => form.Take(
                form.Reshape(form.Node("MatMul", form.Reshape(fields, count, 1, dimension), form.Weight(Weight)), count, dimension), left),
            _ => form.Reshape(
                form.Node("MatMul", form.Reshape(form.Take(fields, left), left.Length, 1, dimension), form.Weight(Weight)),
                left.Length, dimension),
        };
        return form.Reshape(form.Multiply(factor, form.Take(fields, right)), left.Length * dimension);
    }
}

/// <summary>What both kernels have: the memory they work on, and the matrices with rows padded to whole vectors.</summary>
internal abstract unsafe class BilinearKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows worked on at a time: a matrix is used for all of them while it is in the cache.</summary>
    protected const int BlockRows = 16;

    private readonly int _matrices;
    private readonly T* _weight; // [matrices, D, D]
    private readonly T* _weightGradient;
    private readonly T* _padded; // [matrices, D, D padded]
    private readonly T* _transposed; // [matrices, D, D padded]
    private readonly T* _total; // [matrices, D, D padded]
    private readonly ChunkSums<T>? _sums;
    private readonly Layout? _padding;
    private readonly Layout? _transposition;
    private readonly Workers _workers;

    protected BilinearKernel(BilinearInteraction bilinear, Binding<T> binding) : base(binding.Workers)
    {
        _workers = binding.Workers;
        (Fields, Dimension) = (binding.InputShape(0)[0], binding.InputShape(0)[1]);
        PaddedDimension = SmallMatrix.Padded<T>(Dimension);
        Width = binding.OutputShape.Size;
        Inputs = [.. Enumerable.Range(0, binding.Inputs).Select(i => (nint)binding.Input(i))];
        Targets = [.. Enumerable.Range(0, binding.Inputs).Select(binding.InputGradient)];
        Output = binding.Output;
        OutputGradient = binding.OutputGradient;
        _matrices = bilinear.Weight.Shape[0];
        _weight = binding.Values(bilinear.Weight);
        var size = _matrices * Dimension * PaddedDimension;
        _padded = PaddedDimension == Dimension ? _weight : binding.Workspace(size);
        if (_padded != _weight)
            _padding = new Layout(_weight, _padded, _matrices, Dimension, PaddedDimension, isTurned: false);
        if (OutputGradient == null)
            return;
        _weightGradient = binding.Gradients(bilinear.Weight);
        _transposed = binding.Workspace(size);
        _transposition = new Layout(_weight, _transposed, _matrices, Dimension, PaddedDimension, isTurned: true);
        _total = PaddedDimension == Dimension ? _weightGradient : binding.Workspace(size);
        _sums = new ChunkSums<T>(binding, size);
    }

    protected int Fields { get; }

    protected int Dimension { get; }

    protected int PaddedDimension { get; }

    /// <summary>Numbers of a row of the output.</summary>
    protected int Width { get; }

    protected nint[] Inputs { get; } // each [B, F, D]

    protected GradientTarget<T>[] Targets { get; }

    protected T* Output { get; } // [B, k · P · D]

    protected T* OutputGradient { get; }

    public override void Forward(in Step step)
    {
        _padding?.Run(_workers);
        base.Forward(step);
    }

    public override void Backward(in Step step)
    {
        _transposition!.Run(_workers);
        base.Backward(step);
        if (_total == _weightGradient)
        {
            _sums!.AddTo(_total, step.Rows);
            return;
        }

        new Span<T>(_total, _matrices * Dimension * PaddedDimension).Clear();
        _sums!.AddTo(_total, step.Rows);
        for (var row = 0; row < _matrices * Dimension; row++)
            VectorMath.Add(_weightGradient + (row * Dimension), _total + (row * PaddedDimension), Dimension);
    }

    /// <summary>The zeroed sums of ∂W that a chunk makes, [matrices, D, D padded].</summary>
    protected T* OpenSums(int start) => _sums!.Open(start);

    /// <summary>W of a place, [D, D padded].</summary>
    protected T* Matrix(int index) => _padded + (index * Dimension * PaddedDimension);

    /// <summary>Wᵀ of a place, [D, D padded].</summary>
    protected T* Transposed(int index) => _transposed + (index * Dimension * PaddedDimension);

    /// <summary>All matrices once more, with rows padded to vectors, as they are or turned; threads share them out.</summary>
    private sealed class Layout(T* from, T* to, int matrices, int dimension, int padded, bool isTurned) : IParallelJob
    {
        private const int Piece = 16; // matrices

        public void Run(Workers workers) => workers.Run(this, (matrices + Piece - 1) / Piece);

        void IParallelJob.Run(int index, int worker)
        {
            for (var matrix = index * Piece; matrix < Math.Min(matrices, (index + 1) * Piece); matrix++)
            {
                T* source = from + (matrix * dimension * dimension), target = to + (matrix * dimension * padded);
                for (var row = 0; row < dimension; row++)
                    if (isTurned)
                        for (var column = 0; column < dimension; column++)
                            target[(row * padded) + column] = source[(column * dimension) + row];
                    else
                        VectorMath.Copy(target + (row * padded), source + (row * dimension), dimension);
            }
        }
    }
}
