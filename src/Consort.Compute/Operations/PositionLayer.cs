using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;

namespace Consort.Compute.Operations;

/// <summary>A layer of a <see cref="TargetLinear"/> over one block of positions, which each worker has for itself.</summary>
internal sealed unsafe class PositionLayer<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly bool _relu;
    private readonly bool _isTrained;
    private readonly T* _weight; // [out, in]
    private readonly T* _bias; // [out], or null
    private readonly T* _weightGradient; // null of the first layer, whose weight is made of another
    private readonly T* _biasGradient;
    private readonly DenseMultiply<T>[] _multiply; // of each worker
    private long _inputAt; // in a worker's block
    private long _gradientAt; // in a chunk's gradients

    /// <summary>The first layer; its bias is in what it adds to.</summary>
    public PositionLayer(Binding<T> binding, int inputs, int outputs, int stride, bool relu, T* weight)
    {
        (_inputs, _outputs, _relu, _isTrained) = (inputs, outputs, relu, true);
        _weight = weight;
        _multiply = [.. binding.WorkerGemms.Select(g => new DenseMultiply<T>(g, inputs, outputs, stride))];
    }

    /// <summary>A layer that follows.</summary>
    public PositionLayer(Binding<T> binding, Linear linear)
        : this(binding, linear.Weight.Shape[1], linear.Weight.Shape[0], linear.Weight.Shape[1], linear.Relu, binding.Values(linear.Weight))
    {
        _isTrained = linear.Parameters.Any(p => p.IsTrained);
        _weightGradient = binding.Gradients(linear.Weight);
        if (linear.Bias is not { } bias)
            return;
        _bias = binding.Values(bias);
        _biasGradient = binding.Gradients(bias);
    }

    /// <summary>Numbers of the input of the largest block; its gradient takes as many.</summary>
    public long BlockLength { get; private set; }

    /// <summary>Numbers of the gradients of weight and bias.</summary>
    public int GradientLength => _outputs * (_inputs + 1);

    /// <summary>Says where its input lies in a worker's block, with its gradient behind it, and its gradients among a chunk's.</summary>
    public void Place(long inputAt, long gradientAt, int rows) =>
        (_inputAt, _gradientAt, BlockLength) = (inputAt, gradientAt, (long)rows * _inputs);

    /// <summary>What it reads, [block, in].</summary>
    public T* Input(T* block) => block + _inputAt;

    /// <summary>The gradient of that.</summary>
    public T* InputGradient(T* block) => Input(block) + BlockLength;

    public void Forward(int worker, int rows, T* block, T* output, bool accumulate) =>
        _multiply[worker].Forward(rows, Input(block), _weight, _bias, output, accumulate, _relu);

    /// <summary>Puts the gradient of its input and adds to a chunk's gradients.</summary>
    /// <param name="worker">Who asks.</param>
    /// <param name="rows">Positions of the block.</param>
    /// <param name="block">The worker's.</param>
    /// <param name="gradient">Of the output, [block, out].</param>
    /// <param name="gradients">The chunk's.</param>
    /// <param name="isMasked">Whether what it reads came out of a ReLU.</param>
    public void Backward(int worker, int rows, T* block, T* gradient, T* gradients, bool isMasked)
    {
        T* input = Input(block), own = gradients + _gradientAt;
        if (_isTrained)
            _multiply[worker].WeightGradient(rows, gradient, input, own, _biasGradient == null ? null : own + (_outputs * _inputs));
        _multiply[worker].InputGradient(rows, gradient, _weight,
            new GradientTarget<T>(InputGradient(block), false, isMasked ? input : null));
    }

    /// <summary>Adds what the chunks have summed up to the parameters' gradients.</summary>
    public void AddGradient(T* gradients)
    {
        if (_weightGradient == null || !_isTrained)
            return;
        VectorMath.Add(_weightGradient, gradients + _gradientAt, _outputs * _inputs);
        if (_biasGradient != null)
            VectorMath.Add(_biasGradient, gradients + _gradientAt + (_outputs * _inputs), _outputs);
    }
}
