using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The weight [W₁, W₂, W₃, W₄] of a <see cref="TargetLinear"/> as its multiplies read it, and their gradients led back to it.
/// </summary>
internal sealed unsafe class TargetWeights<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width; // h
    private readonly int _dimension; // d
    private readonly T* _weight; // [h, 4 d]
    private readonly T* _gradient;
    private readonly T* _targetGradient; // of OfTarget

    public TargetWeights(Parameter weight, Binding<T> binding)
    {
        (_width, _dimension) = (weight.Shape[0], weight.Shape[1] / 4);
        _weight = binding.Values(weight);
        _gradient = binding.Gradients(weight);
        OfTarget = binding.Workspace((long)_width * _dimension);
        OfPosition = binding.Workspace(2L * _width * _dimension);
        _targetGradient = _gradient == null ? null : binding.Workspace((long)_width * _dimension);
    }

    /// <summary>W₁ + W₃, [h, d].</summary>
    public T* OfTarget { get; }

    /// <summary>[W₂ − W₃, W₄], [h, 2 d].</summary>
    public T* OfPosition { get; }

    /// <summary>Fills both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Combine()
    {
        var d = _dimension;
        for (var o = 0; o < _width; o++)
        {
            T* row = _weight + (4L * o * d), target = OfTarget + ((long)o * d), position = OfPosition + (2L * o * d);
            VectorMath.Copy(target, row, d);
            VectorMath.Add(target, row + (2 * d), d);
            VectorMath.Copy(position, row + d, d);
            VectorMath.AddScaled(position, row + (2 * d), -T.One, d);
            VectorMath.Copy(position + d, row + (3 * d), d);
        }
    }

    /// <summary>Where the gradient of <see cref="OfTarget"/> is to be added up, zeroed.</summary>
    public T* OpenTargetGradient()
    {
        new Span<T>(_targetGradient, _width * _dimension).Clear();
        return _targetGradient;
    }

    /// <summary>Adds both gradients to that of W.</summary>
    /// <param name="ofPosition">The gradient of <see cref="OfPosition"/>.</param>
    public void AddGradient(T* ofPosition)
    {
        var d = _dimension;
        for (var o = 0; o < _width; o++)
        {
            T* row = _gradient + (4L * o * d), target = _targetGradient + ((long)o * d), position = ofPosition + (2L * o * d);
            VectorMath.Add(row, target, d);
            VectorMath.Add(row + d, position, d);
            VectorMath.Add(row + (2 * d), target, d);
            VectorMath.AddScaled(row + (2 * d), position, -T.One, d);
            VectorMath.Add(row + (3 * d), position + d, d);
        }
    }
}
