using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>
/// Which numbers of an operation's output drop: that depends only on the step's seed, the operation and the place in the batch, so a mask
/// is drawn again rather than kept, which is cheaper than its memory traffic.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
/// <param name="rate">How many drop.</param>
/// <param name="stream">Tells operations apart.</param>
internal readonly unsafe struct DropMask<T>(DropRate rate, int stream)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Whether any can drop.</summary>
    public bool Any => rate.Threshold > 0;

    /// <summary>What those that stay are multiplied by, 1 / (1 − p).</summary>
    public T Scale => T.CreateTruncating(rate.Scale);

    /// <summary>What the bits of a step come from; made once for many rows.</summary>
    public CounterHash Key(ulong seed) => new(seed, (ulong)stream);

    /// <summary>target (+)= source, dropped and scaled.</summary>
    /// <param name="source">Numbers.</param>
    /// <param name="target">May be the source.</param>
    /// <param name="accumulate">Whether to add to the target.</param>
    /// <param name="key">As <see cref="Key"/> gives it for the step.</param>
    /// <param name="offset">The place of the first number in the operation's output.</param>
    /// <param name="length">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply(T* source, T* target, bool accumulate, in CounterHash key, long offset, int length)
    {
        var (i, factor, threshold) = (0, Scale, rate.Threshold);
        if (typeof(T) == typeof(float))
        {
            var scale = new Vector<T>(factor);
            var least = new Vector<uint>(threshold);
            for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            {
                var kept = Vector.GreaterThanOrEqual(key.Bits((uint)(offset + i)), least).As<uint, T>();
                var value = Vector.ConditionalSelect(kept, Vector.Load(source + i) * scale, Vector<T>.Zero);
                Vector.Store(accumulate ? Vector.Load(target + i) + value : value, target + i);
            }
        }

        for (; i < length; i++)
        {
            var value = key.BitsAt((uint)(offset + i)) >= threshold ? source[i] * factor : T.Zero;
            target[i] = accumulate ? target[i] + value : value;
        }
    }
}
