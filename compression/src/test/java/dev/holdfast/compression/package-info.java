@NullMarked
package dev.holdfast.compression;

import org.jspecify.annotations.NullMarked;
